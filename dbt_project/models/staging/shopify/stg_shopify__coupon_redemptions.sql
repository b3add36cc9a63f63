{{ config(enabled='shopify' in var('vendors')) }}

with order_rows as (

    select * from {{ ref('base_shopify__orders') }}

),

-- A code on an order that was called off, or on one of the staff's, was not used up.
redemptions as (

    select
        'shopify' as vendor,
        'shopify:orders:' || order_name as source_record_id,
        'shopify:' || order_name as redemption_id,
        {{ shopify_buyer_record_id() }} as customer_record_id,
        discount_code as coupon_code,
        cast(null as text) as campaign_id,
        created_at as redeemed_at
    from order_rows
    where
        is_order_row
        and discount_code is not null
        and not is_cancelled
        and not is_test

)

select * from redemptions
