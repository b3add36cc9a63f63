with source as (

    select * from {{ source('identity', 'pairs_for_review') }}

),

renamed as (

    select
        source_record_id,
        other_source_record_id,
        agreement,
        probability,
        is_contested
    from source

)

select * from renamed
