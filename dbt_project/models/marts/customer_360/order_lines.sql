with lines as (

    select * from {{ ref('int_order_lines_unioned') }}

),

orders as (

    select * from {{ ref('orders') }}

),

products as (

    select * from {{ ref('int_products_unioned') }}

),

final as (

    select
        lines.order_line_id,
        lines.order_id,
        orders.customer_id,
        lines.product_id,
        coalesce(lines.product_name, products.product_name) as product_name,
        coalesce(lines.product_category, products.category) as product_category,
        orders.reporting_currency,
        orders.original_currency,
        lines.line_number,
        lines.quantity,
        round(lines.unit_price * orders.exchange_rate, 2) as unit_price_amount,
        round(lines.gross_amount * orders.exchange_rate, 2) as gross_amount,
        round(lines.discount_amount * orders.exchange_rate, 2) as discount_amount,
        round(lines.net_amount * orders.exchange_rate, 2) as net_amount,
        lines.net_amount as original_net_amount,
        orders.is_counted,
        orders.ordered_at,
        orders.order_date
    from lines
    inner join orders
        on lines.order_id = orders.order_id
    left join products
        on lines.product_id = products.product_id

)

select * from final
