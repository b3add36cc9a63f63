with lines as (

    select * from {{ ref('int_order_lines_unioned') }}

),

orders as (

    select * from {{ ref('int_orders_converted') }}
    where is_counted

),

products as (

    select * from {{ ref('int_products_merged') }}

),

bought as (

    select
        orders.customer_id,
        orders.original_currency,
        date_trunc('month', cast(orders.order_date as timestamp without time zone)) as month,
        lines.product_id,
        coalesce(lines.product_category, products.category) as category,
        lines.unit_price as price,
        lines.unit_price * orders.exchange_rate as list_price
    from lines
    inner join orders
        on lines.order_id = orders.order_id
    left join products
        on lines.product_id = products.product_id

),

-- Dear or cheap among its likes; where categories are not known, among all.
product_prices as (

    select
        product_id,
        percent_rank() over (partition by category order by avg(list_price)) as price_rank,
        count(*) over (partition by category) as n_alike
    from bought
    where product_id is not null and list_price > 0
    group by product_id, category

),

usual_prices as (

    select
        product_id,
        original_currency,
        month,
        percentile_cont(0.5) within group (order by price) as usual_price
    from bought
    where product_id is not null and price > 0
    group by product_id, original_currency, month
    having count(*) >= {{ var('usual_price_min_sales') }}

),

final as (

    select
        bought.customer_id,
        count(*) as n_lines,
        count(bought.category) as n_category_lines,
        count(distinct bought.category) as n_categories,
        avg(product_prices.price_rank) as price_rank,
        count(usual_prices.usual_price) as n_priced_lines,
        count(*) filter (
            where bought.price < usual_prices.usual_price * {{ var('below_usual_price_factor') }}
        ) as n_lines_below_usual
    from bought
    left join product_prices
        on
            bought.product_id = product_prices.product_id
            and product_prices.n_alike > 1
    left join usual_prices
        on
            bought.product_id = usual_prices.product_id
            and bought.original_currency = usual_prices.original_currency
            and bought.month = usual_prices.month
    group by bought.customer_id

)

select * from final
