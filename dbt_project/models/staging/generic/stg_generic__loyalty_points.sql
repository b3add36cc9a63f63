{{ config(enabled='generic' in var('vendors')) }}

with loyalty_points as (

    select * from {{ ref('base_generic__loyalty_points') }}

),

renamed as (

    select
        'generic' as vendor,
        'generic:loyalty_points:' || row_key as source_record_id,
        'generic:' || row_key as points_entry_id,
        customer_record_id,
        'generic:' || order_number as order_id,
        event_type,
        reason,
        points,
        occurred_at,
        expiry_date
    from loyalty_points

)

select * from renamed
