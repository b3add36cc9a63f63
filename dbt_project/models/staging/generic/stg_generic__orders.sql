{{ config(enabled='generic' in var('vendors')) }}

with orders as (

    select * from {{ ref('base_generic__order_totals') }}

),

renamed as (

    select
        'generic' as vendor,
        'generic:orders:' || order_number as source_record_id,
        'generic:' || order_number as order_id,
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
        is_test,
        coupon_code,
        n_items,
        sales_channel,
        store
    from orders

)

select * from renamed
