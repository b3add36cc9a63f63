with source as (

    select * from {{ source('identity', 'customer_records') }}

),

renamed as (

    select
        source_record_id,
        customer_id,
        evidence
    from source

)

select * from renamed
