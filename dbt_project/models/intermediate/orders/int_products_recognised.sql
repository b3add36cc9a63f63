with products as (

    select
        *,
        {{ bare_name('product_id') }} as bare_name,
        -- Costs in a foreign currency move with it by the month: by the night, every margin would change every night.
        cast(date_trunc('month', cost_date) as date) as cost_rate_date
    from {{ ref('int_products_unioned') }}

),

prices as (

    select * from {{ ref('int_product_prices') }}

),

rates as (

    select * from {{ ref('int_exchange_rates_daily') }}

),

converted as (

    {{ with_exchange_rate('products', 'currency', 'cost_rate_date') }}

),

sold as (

    select
        converted.*,
        prices.median_unit_price,
        prices.product_id is not null as is_sold,
        count(*) over (partition by converted.vendor, converted.bare_name) as n_at_vendor
    from converted
    left join prices
        on converted.product_id = prices.product_id

),

counted as (

    select
        *,
        count(*) filter (where is_sold) over named_alike as n_sellers,
        max(n_at_vendor) over named_alike as max_at_vendor,
        first_value(product_id) over (partition by bare_name order by is_sold desc, product_id asc) as first_product_id
    from sold
    window named_alike as (partition by bare_name)

),

final as (

    select
        product_id as listed_product_id,
        case when n_sellers <= 1 and max_at_vendor = 1 then first_product_id else product_id end as product_id,
        bare_name,
        product_name,
        category,
        brand,
        currency as original_currency,
        unit_cost as original_unit_cost,
        cast(unit_cost * exchange_rate as numeric(18, 4)) as unit_cost,
        median_unit_price,
        is_sold
    from counted

)

select * from final
