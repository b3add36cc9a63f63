{{ config(enabled='shopify' in var('vendors')) }}

with order_rows as (

    select * from {{ ref('base_shopify__orders') }}

),

lines as (

    select
        'shopify' as vendor,
        'shopify:orders:' || order_name || ':' || line_number as source_record_id,
        'shopify:' || order_name || ':' || line_number as order_line_id,
        'shopify:' || order_name as order_id,
        line_number,
        'shopify:' || lineitem_sku as product_id,
        lineitem_name as product_name,
        cast(null as text) as product_category,
        lineitem_quantity as quantity,
        lineitem_price as unit_price,
        lineitem_price * lineitem_quantity as gross_amount,
        lineitem_discount as discount_amount,
        lineitem_price * lineitem_quantity - lineitem_discount as net_amount
    from order_rows

)

select * from lines
