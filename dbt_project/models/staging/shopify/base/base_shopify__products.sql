{{ config(enabled='shopify' in var('vendors')) }}

with source as (

    {{ loaded(source('shopify', 'products'), newest_only=true) }}

),

-- Only a product's first row says what it is; the rows below it are its other variants, and pictures.
described as (

    select
        handle,
        (array_agg(title order by _row_number) filter (where title <> ''))[1] as title,
        (array_agg(vendor order by _row_number) filter (where vendor <> ''))[1] as brand,
        (array_agg(type order by _row_number) filter (where type <> ''))[1] as shop_category,
        (array_agg(product_category order by _row_number) filter (where product_category <> ''))[1] as tree_category
    from source
    group by handle

),

variants as (

    select
        source.handle,
        {{ without_apostrophe('source.variant_sku') }} as sku,
        {{ blank_to_null('described.title') }} as title,
        -- Shopify's name for the one variant of a product that has none.
        nullif(
            concat_ws(
                ' / ',
                {{ blank_to_null('source.option1_value') }},
                {{ blank_to_null('source.option2_value') }},
                {{ blank_to_null('source.option3_value') }}
            ),
            'Default Title'
        ) as variant,
        {{ blank_to_null('described.brand') }} as brand,
        coalesce(
            {{ blank_to_null('described.shop_category') }},
            {{ blank_to_null("regexp_replace(described.tree_category, '^.*>', '')") }}
        ) as category,
        {{ to_decimal('source.cost_per_item') }} as unit_cost,
        source.stored_date as cost_date,
        source._row_number as row_number
    from source
    inner join described
        on source.handle = described.handle
    where source.variant_price is not null or source.variant_sku is not null

)

select * from variants
