{{ config(enabled='generic' in var('vendors')) }}

with attendances as (

    select * from {{ ref('base_generic__event_attendances') }}

),

renamed as (

    select
        'generic' as vendor,
        'generic:event_attendances:' || row_key as source_record_id,
        'generic:' || row_key as attendance_id,
        customer_record_id,
        event_name,
        event_type,
        status,
        occurred_at
    from attendances

)

select * from renamed
