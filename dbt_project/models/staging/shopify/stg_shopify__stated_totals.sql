{{ config(enabled='shopify' in var('vendors')) }}

with customers as (

    select * from {{ ref('base_shopify__customers') }}

),

stated as (

    select
        'shopify' as vendor,
        'shopify:customers:' || shop_customer_key as source_record_id,
        'shopify:customers:' || shop_customer_key as customer_record_id,
        stated_n_orders,
        stated_amount
    from customers
    where stated_amount is not null

)

select * from stated
