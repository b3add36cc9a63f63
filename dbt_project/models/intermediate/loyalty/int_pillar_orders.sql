with orders as (

    select * from {{ ref('int_orders_converted') }}
    where is_counted

),

lines as (

    select * from {{ ref('int_order_lines_unioned') }}

),

products as (

    select * from {{ ref('int_products_merged') }}

),

categories as (

    select
        lines.order_id,
        count(distinct coalesce(lines.product_category, products.category)) as n_categories
    from lines
    left join products
        on lines.product_id = products.product_id
    group by lines.order_id

),

final as (

    select
        cast(date_trunc('month', cast(orders.order_date as timestamp without time zone)) as date) as month,
        count(*) as n_orders,
        count(distinct orders.customer_id) as n_buyers,
        sum(orders.gross_amount) as gross_amount,
        sum(orders.discount_amount) as discount_amount,
        count(*) filter (where categories.n_categories > 0) as n_orders_with_category,
        count(*) filter (where categories.n_categories > 1) as n_orders_one_stop
    from orders
    left join categories
        on orders.order_id = categories.order_id
    group by month

)

select * from final
