{{ config(enabled='woocommerce' in var('vendors')) }}

with orders as (

    select * from {{ ref('base_woocommerce__orders') }}

),

quarantined as (

    {{ quarantined_records('woocommerce', 'order_lines') }}

),

renamed as (

    select
        'woocommerce' as vendor,
        'woocommerce:orders:' || orders.order_number as source_record_id,
        'woocommerce:' || orders.order_number as order_id,
        orders.order_number,
        orders.customer_record_id,
        orders.ordered_at,
        orders.currency,
        orders.gross_amount,
        orders.discount_amount,
        orders.shipping_amount,
        orders.tax_amount,
        orders.total_amount,
        orders.refunded_amount,
        orders.is_cancelled,
        -- Nothing in the exports tells a test.
        false as is_test,
        orders.coupon_code,
        orders.n_items,
        'web' as sales_channel,
        cast(null as text) as store,
        quarantined.record_key is not null as has_quarantined_lines
    from orders
    left join quarantined
        on {{ as_record_key('woocommerce', 'order_lines', 'orders.order_number') }} = quarantined.record_key

)

select * from renamed
