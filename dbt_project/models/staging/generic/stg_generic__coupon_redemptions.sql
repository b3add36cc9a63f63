{{ config(enabled='generic' in var('vendors')) }}

with orders as (

    select * from {{ ref('base_generic__order_totals') }}

),

-- A code on an order that was called off, or on one of the staff's, was not used up.
redemptions as (

    select
        'generic' as vendor,
        'generic:orders:' || order_number as source_record_id,
        'generic:' || order_number as redemption_id,
        customer_record_id,
        coupon_code,
        cast(null as text) as campaign_id,
        ordered_at as redeemed_at
    from orders
    where
        coupon_code is not null
        and not is_cancelled
        and not is_test

)

select * from redemptions
