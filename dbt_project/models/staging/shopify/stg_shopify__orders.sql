{{ config(enabled='shopify' in var('vendors')) }}

with order_rows as (

    select * from {{ ref('base_shopify__orders') }}

),

lines_summed as (

    select
        order_name,
        sum(lineitem_price * lineitem_quantity) as gross_amount,
        sum(lineitem_quantity) as n_items
    from order_rows
    group by order_name

),

quarantined as (

    {{ quarantined_records('shopify', 'orders') }}

),

renamed as (

    select
        'shopify' as vendor,
        'shopify:orders:' || order_rows.order_name as source_record_id,
        'shopify:' || order_rows.order_name as order_id,
        order_rows.order_name as order_number,
        {{ shopify_buyer_record_id("order_rows.") }} as customer_record_id,
        order_rows.created_at as ordered_at,
        order_rows.currency,
        lines_summed.gross_amount,
        coalesce(order_rows.discount_amount, 0) as discount_amount,
        coalesce(order_rows.shipping, 0) as shipping_amount,
        coalesce(order_rows.taxes, 0) as tax_amount,
        order_rows.total as total_amount,
        coalesce(order_rows.refunded_amount, 0) as refunded_amount,
        order_rows.is_cancelled,
        order_rows.is_test,
        order_rows.discount_code as coupon_code,
        lines_summed.n_items,
        order_rows.source_name as sales_channel,
        order_rows.location as store,
        quarantined.record_key is not null as has_quarantined_lines
    from order_rows
    inner join lines_summed
        on order_rows.order_name = lines_summed.order_name
    left join quarantined
        on {{ as_record_key('shopify', 'orders', 'order_rows.order_name') }} = quarantined.record_key
    where order_rows.is_order_row

)

select * from renamed
