with source as (

    select * from {{ source('identity_history', 'identity_assignments') }}

),

renamed as (

    select
        source_record_id,
        customer_id,
        evidence,
        assigned_on
    from source
    where assigned_on <= {{ business_date() }}

)

select * from renamed
