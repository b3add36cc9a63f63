{{ config(enabled='completejourney' in var('vendors')) }}

with source as (

    {{ loaded(source('completejourney', 'coupons'), newest_only=true) }}

),

-- The vendor repeats whole rows; a coupon is one coupon however many products it is valid for.
coupons as (

    select
        coupon_upc as coupon_code,
        campaign_id,
        count(distinct product_id) as n_products
    from source
    group by coupon_upc, campaign_id

)

select * from coupons
