{{ config(enabled='completejourney' in var('vendors')) }}

with source as (

    {{ loaded(source('completejourney', 'products'), newest_only=true) }}

),

renamed as (

    select distinct on (product_id)
        'completejourney' as vendor,
        'completejourney:products:' || product_id as source_record_id,
        'completejourney:' || product_id as product_id,
        coalesce({{ blank_to_null('product_type') }}, product_category, department) as product_name,
        coalesce({{ blank_to_null('product_category') }}, department) as category,
        brand,
        cast(null as numeric(18, 2)) as unit_cost,
        'USD' as currency,
        cast(null as date) as cost_date
    from source
    order by product_id asc, _row_number desc

)

select * from renamed
