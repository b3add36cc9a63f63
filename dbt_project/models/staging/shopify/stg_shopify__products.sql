{{ config(enabled='shopify' in var('vendors')) }}

with variants as (

    select * from {{ ref('base_shopify__products') }}

),

order_rows as (

    select * from {{ ref('base_shopify__orders') }}

),

listed as (

    select distinct on (sku)
        sku,
        concat_ws(' - ', title, variant) as product_name,
        category,
        brand,
        unit_cost,
        cost_date
    from variants
    where sku is not null
    order by sku asc, row_number desc

),

-- Without a product export, and for what it lists no more: a product is what its newest order line calls it.
sold as (

    select distinct on (lineitem_sku)
        lineitem_sku as sku,
        lineitem_name as product_name,
        lineitem_vendor as brand
    from order_rows
    where lineitem_sku is not null
    order by lineitem_sku asc, created_at desc, order_name desc

),

products as (

    select
        'shopify' as vendor,
        'shopify:products:' || coalesce(listed.sku, sold.sku) as source_record_id,
        'shopify:' || coalesce(listed.sku, sold.sku) as product_id,
        coalesce(listed.product_name, sold.product_name) as product_name,
        listed.category,
        coalesce(listed.brand, sold.brand) as brand,
        listed.unit_cost,
        {{ vendor_currency('shopify') }} as currency,
        listed.cost_date
    from listed
    full outer join sold
        on listed.sku = sold.sku

)

select * from products
