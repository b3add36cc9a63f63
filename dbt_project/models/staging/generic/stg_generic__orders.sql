{{ config(enabled='generic' in var('vendors')) }}

with orders as (

    select * from {{ ref('base_generic__order_totals') }}

),

quarantined as (

    {{ quarantined_records('generic', 'order_lines') }}

),

renamed as (

    select
        'generic' as vendor,
        'generic:orders:' || orders.order_number as source_record_id,
        'generic:' || orders.order_number as order_id,
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
        orders.is_test,
        orders.coupon_code,
        orders.n_items,
        orders.sales_channel,
        orders.store,
        quarantined.record_key is not null as has_quarantined_lines
    from orders
    left join quarantined
        on {{ as_record_key('generic', 'order_lines', 'orders.order_number') }} = quarantined.record_key

)

select * from renamed
