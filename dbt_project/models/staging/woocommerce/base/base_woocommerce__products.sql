{{ config(enabled='woocommerce' in var('vendors')) }}

with source as (

    {{ loaded(source('woocommerce', 'products')) }}

),

keyed as (

    select
        *,
        coalesce({{ blank_to_null('id') }}, {{ blank_to_null('sku') }}, name) as product_key
    from source

),

latest as (

    {{ latest_export('keyed', ['product_key'], one_row=true) }}

),

products as (

    select
        product_key,
        'id:' || {{ blank_to_null('id') }} as reference,
        {{ blank_to_null('sku') }} as sku,
        {{ blank_to_null('name') }} as product_name,
        {{ blank_to_null('parent') }} as parent,
        -- The last level of the first category.
        {{ blank_to_null("regexp_replace(split_part(categories, ',', 1), '^.*>', '')") }} as category,
        {{ blank_to_null("split_part(brands, ',', 1)") }} as brand,
        {{ to_decimal('cost_of_goods') }} as unit_cost,
        stored_date as cost_date
    from latest

)

select * from products
