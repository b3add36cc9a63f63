with merged as (

    select * from {{ ref('int_products_merged') }}

),

-- The share of the category's products that cost less: what costs the same is in one tier.
ranked as (

    select
        product_id,
        percent_rank() over (partition by category order by median_unit_price) as price_share,
        count(*) over (partition by category) as n_priced
    from merged
    where
        category is not null
        and median_unit_price is not null

),

final as (

    select
        merged.product_id,
        merged.product_name,
        merged.category,
        merged.brand,
        '{{ var("reporting_currency") }}' as reporting_currency,
        merged.original_currency,
        merged.unit_cost,
        merged.original_unit_cost,
        merged.median_unit_price,
        case
            when ranked.n_priced >= {{ var('price_tier_min_products') }}
                then cast(least(floor(ranked.price_share * 3) + 1, 3) as integer)
        end as price_tier
    from merged
    left join ranked
        on merged.product_id = ranked.product_id

)

select * from final
