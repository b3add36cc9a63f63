{{ config(enabled='shopify' in var('vendors')) }}

with order_rows as (

    select * from {{ ref('base_shopify__orders') }}

),

-- There is no product export: a product is what its newest order line calls it.
products as (

    select distinct on (lineitem_sku)
        'shopify' as vendor,
        'shopify:products:' || lineitem_sku as source_record_id,
        'shopify:' || lineitem_sku as product_id,
        lineitem_name as product_name,
        cast(null as text) as category,
        lineitem_vendor as brand,
        cast(null as numeric(18, 2)) as unit_cost
    from order_rows
    where lineitem_sku is not null
    order by lineitem_sku asc, created_at desc, order_name desc

)

select * from products
