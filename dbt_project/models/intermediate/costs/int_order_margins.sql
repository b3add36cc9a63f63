with orders as (

    select * from {{ ref('int_orders_converted') }}
    where is_counted

),

lines as (

    select * from {{ ref('int_order_lines_unioned') }}

),

products as (

    select
        product_id,
        original_unit_cost as unit_cost,
        original_currency as cost_currency
    from {{ ref('int_products_merged') }}
    where original_unit_cost is not null

),

rates as (

    select * from {{ ref('int_exchange_rates_daily') }}

),

cost_rates as (

    select
        currencies.cost_currency,
        {{ nearest_rate('currencies.cost_currency', business_date()) }} as exchange_rate
    from (select distinct cost_currency from products) as currencies

),

-- Costs are today's, so today's rate is theirs, whatever it was when the goods were sold.
costs as (

    select
        products.product_id,
        products.unit_cost * cost_rates.exchange_rate as unit_cost_amount
    from products
    inner join cost_rates
        on products.cost_currency = cost_rates.cost_currency

),

goods as (

    select
        lines.order_id,
        count(*) filter (where costs.unit_cost_amount is null and lines.quantity <> 0) as n_lines_without_cost,
        coalesce(sum(lines.quantity * costs.unit_cost_amount), 0) as goods_cost_amount
    from lines
    left join costs
        on lines.product_id = costs.product_id
    group by lines.order_id

),

-- Tax is the state's, shipping pays the carrier.
margins as (

    select
        orders.order_id,
        orders.customer_id,
        orders.order_date,
        orders.has_quarantined_lines,
        goods.n_lines_without_cost,
        orders.total_amount - orders.refunded_amount as net_amount,
        orders.total_amount - orders.refunded_amount - orders.tax_amount - orders.shipping_amount
        - goods.goods_cost_amount as margin_amount
    from orders
    left join goods
        on orders.order_id = goods.order_id

),

-- An order without lines has no known costs.
final as (

    select
        order_id,
        customer_id,
        order_date,
        cast(net_amount as numeric(18, 2)) as net_amount,
        case
            when n_lines_without_cost = 0 and not coalesce(has_quarantined_lines, false)
                then cast(margin_amount as numeric(18, 2))
        end as margin_amount
    from margins

)

select * from final
