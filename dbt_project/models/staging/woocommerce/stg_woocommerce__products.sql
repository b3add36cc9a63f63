{{ config(enabled='woocommerce' in var('vendors')) }}

with listed as (

    select * from {{ ref('base_woocommerce__products') }}

),

order_lines as (

    select * from {{ ref('base_woocommerce__order_lines') }}

),

-- A variation has its product's category.
described as (

    select distinct on (listed.sku)
        listed.sku,
        listed.product_name,
        coalesce(listed.category, parents.category) as category,
        coalesce(listed.brand, parents.brand) as brand,
        listed.unit_cost,
        listed.cost_date
    from listed
    left join listed as parents
        on listed.parent in (parents.reference, parents.sku)
    where listed.sku is not null
    order by listed.sku asc, listed.product_key desc

),

-- What is sold and not listed is what its newest line calls it.
sold as (

    select distinct on (sku)
        sku,
        item_name as product_name,
        category
    from order_lines
    where sku is not null
    order by sku asc, ordered_at desc, order_number desc, line_number asc

),

products as (

    select
        'woocommerce' as vendor,
        'woocommerce:products:' || coalesce(described.sku, sold.sku) as source_record_id,
        'woocommerce:' || coalesce(described.sku, sold.sku) as product_id,
        coalesce(described.product_name, sold.product_name) as product_name,
        coalesce(described.category, sold.category) as category,
        described.brand,
        described.unit_cost,
        {{ vendor_currency('woocommerce') }} as currency,
        described.cost_date
    from described
    full outer join sold
        on described.sku = sold.sku

)

select * from products
