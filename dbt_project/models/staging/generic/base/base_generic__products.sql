{{ config(enabled='generic' in var('vendors')) }}

with source as (

    {{ loaded(source('generic', 'products')) }}

),

latest as (

    {{ latest_export('source', ['product_id'], one_row=true) }}

),

products as (

    select
        btrim(product_id) as product_id,
        {{ blank_to_null('product_name') }} as product_name,
        {{ blank_to_null('category') }} as category,
        {{ blank_to_null('brand') }} as brand,
        {{ to_decimal('unit_cost') }} as unit_cost,
        stored_date as cost_date
    from latest

)

select * from products
