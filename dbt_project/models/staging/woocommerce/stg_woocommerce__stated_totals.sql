{{ config(enabled='woocommerce' in var('vendors')) }}

with customers as (

    select * from {{ ref('base_woocommerce__customers') }}

),

stated as (

    select
        'woocommerce' as vendor,
        customer_record_id as source_record_id,
        customer_record_id,
        stated_n_orders,
        stated_amount
    from customers
    where stated_amount is not null

)

select * from stated
