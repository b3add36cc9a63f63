{{ config(enabled='woocommerce' in var('vendors')) }}

with orders as (

    select * from {{ ref('base_woocommerce__orders') }}

),

renamed as (

    select
        'woocommerce' as vendor,
        'woocommerce:orders:' || order_number as source_record_id,
        'woocommerce:' || order_number as order_id,
        order_number,
        customer_record_id,
        ordered_at,
        currency,
        gross_amount,
        discount_amount,
        shipping_amount,
        tax_amount,
        total_amount,
        refunded_amount,
        is_cancelled,
        -- Nothing in the exports tells a test.
        false as is_test,
        coupon_code,
        n_items,
        'web' as sales_channel,
        cast(null as text) as store
    from orders

)

select * from renamed
