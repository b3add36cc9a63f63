{{ config(enabled='generic' in var('vendors')) }}

with listed as (

    select * from {{ ref('base_generic__products') }}

),

lines as (

    select * from {{ ref('base_generic__order_lines') }}

),

-- What is sold and not listed is what its newest line calls it.
sold as (

    select distinct on (product_id)
        product_id,
        product_name,
        product_category as category
    from lines
    where product_id is not null
    order by product_id asc, ordered_at desc nulls last, order_number desc, line_number asc

),

products as (

    select
        'generic' as vendor,
        'generic:products:' || coalesce(listed.product_id, sold.product_id) as source_record_id,
        'generic:' || coalesce(listed.product_id, sold.product_id) as product_id,
        coalesce(listed.product_name, sold.product_name) as product_name,
        coalesce(listed.category, sold.category) as category,
        listed.brand,
        listed.unit_cost,
        {{ vendor_currency('generic') }} as currency,
        listed.cost_date
    from listed
    full outer join sold
        on listed.product_id = sold.product_id

)

select * from products
