{{ config(enabled='woocommerce' in var('vendors')) }}

with orders as (

    select * from {{ ref('base_woocommerce__orders') }}

),

-- A code on an order that was called off was not used up; of several codes each was redeemed.
redemptions as (

    select
        'woocommerce' as vendor,
        'woocommerce:orders:' || orders.order_number || ':' || codes.position as source_record_id,
        'woocommerce:' || orders.order_number || ':' || codes.position as redemption_id,
        orders.customer_record_id,
        btrim(codes.code) as coupon_code,
        cast(null as text) as campaign_id,
        orders.ordered_at as redeemed_at
    from orders
    cross join lateral unnest(string_to_array(orders.coupon_code, ',')) with ordinality as codes (code, position)
    where not orders.is_cancelled

)

select * from redemptions
