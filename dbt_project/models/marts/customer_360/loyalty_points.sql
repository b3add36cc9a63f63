with entries as (

    select * from {{ ref('int_loyalty_points_unioned') }}

),

records as (

    select * from {{ ref('int_customer_records') }}

),

order_names as (

    select * from {{ ref('int_order_names') }}

),

found as (

    {{ with_found('entries', 'order_id', 'order_names', 'found_order_id') }}

),

final as (

    select
        found.points_entry_id as entry_id,
        records.customer_id,
        found.found_order_id as order_id,
        found.event_type,
        found.reason,
        found.points,
        found.occurred_at,
        {{ to_business_date('found.occurred_at') }} as occurred_date,
        found.expiry_date
    from found
    inner join records
        on found.customer_record_id = records.source_record_id

)

select * from final
