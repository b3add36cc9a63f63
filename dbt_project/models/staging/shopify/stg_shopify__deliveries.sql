{{ config(enabled='shopify' in var('vendors')) }}

with order_rows as (

    select * from {{ ref('base_shopify__orders') }}

),

-- The export says when the last parcel left, and neither what was promised nor when it arrived.
deliveries as (

    select
        'shopify' as vendor,
        'shopify:orders:' || order_name as source_record_id,
        'shopify:' || order_name as delivery_id,
        'shopify:' || order_name as order_id,
        shipping_method as delivery_method,
        cast(null as text) as carrier,
        fulfillment_status as status,
        cast(null as date) as promised_date,
        fulfilled_at as shipped_at,
        cast(null as timestamp with time zone) as delivered_at
    from order_rows
    where
        is_order_row
        and fulfillment_status is not null
        and not is_cancelled
        -- Handed over at the counter.
        and source_name is distinct from 'pos'

)

select * from deliveries
