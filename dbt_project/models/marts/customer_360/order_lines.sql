{{ config(materialized='by_key') }}

with lines as (

    select * from {{ of_changed(ref('int_order_lines_unioned'), 'order_id', through=ref('orders')) }}

),

orders as (

    select * from {{ of_changed(ref('orders')) }}

),

products as (

    select * from {{ ref('int_product_terms') }}

),

line_sums as (

    select
        order_id,
        sum(discount_amount) as discount_amount,
        sum(net_amount) as net_amount
    from lines
    group by order_id

),

-- What an order gives and takes beside its lines: discounts on the whole, and tax if the prices contain it. Its total
-- tells whether they do.
order_terms as (

    select
        orders.*,
        nullif(line_sums.net_amount * orders.exchange_rate, 0) as lines_net_amount,
        greatest(orders.discount_amount - line_sums.discount_amount * orders.exchange_rate, 0)
            as order_discount_amount,
        case
            when
                abs(orders.total_amount - (orders.gross_amount - orders.discount_amount + orders.shipping_amount))
                <= abs(
                    orders.total_amount
                    - (orders.gross_amount - orders.discount_amount + orders.shipping_amount + orders.tax_amount)
                )
                then orders.tax_amount
            else 0
        end as contained_tax_amount,
        nullif(orders.gross_amount - orders.discount_amount + orders.shipping_amount, 0) as taxed_amount
    from orders
    inner join line_sums
        on orders.order_id = line_sums.order_id

),

converted as (

    select
        lines.order_line_id,
        lines.order_id,
        order_terms.customer_id,
        lines.product_id,
        coalesce(lines.product_name, products.product_name) as product_name,
        coalesce(lines.product_category, products.category) as product_category,
        order_terms.reporting_currency,
        order_terms.original_currency,
        lines.line_number,
        lines.quantity,
        round(lines.unit_price * order_terms.exchange_rate, 2) as unit_price_amount,
        round(lines.gross_amount * order_terms.exchange_rate, 2) as gross_amount,
        round(lines.discount_amount * order_terms.exchange_rate, 2) as discount_amount,
        round(lines.net_amount * order_terms.exchange_rate, 2) as net_amount,
        lines.net_amount as original_net_amount,
        round(
            coalesce(
                order_terms.order_discount_amount * lines.net_amount * order_terms.exchange_rate
                / order_terms.lines_net_amount,
                0
            ),
            2
        ) as order_discount_share_amount,
        products.unit_cost,
        order_terms.contained_tax_amount / order_terms.taxed_amount as contained_tax_rate,
        order_terms.has_quarantined_lines,
        order_terms.is_counted,
        order_terms.ordered_at,
        order_terms.order_date
    from lines
    inner join order_terms
        on lines.order_id = order_terms.order_id
    left join products
        on lines.product_id = products.product_id

),

taxed as (

    select
        *,
        round(coalesce((net_amount - order_discount_share_amount) * contained_tax_rate, 0), 2) as tax_share_amount
    from converted

),

final as (

    select
        order_line_id,
        order_id,
        customer_id,
        product_id,
        product_name,
        product_category,
        reporting_currency,
        original_currency,
        line_number,
        quantity,
        unit_price_amount,
        gross_amount,
        discount_amount,
        net_amount,
        original_net_amount,
        order_discount_share_amount,
        tax_share_amount,
        unit_cost,
        case
            when has_quarantined_lines is not true
                then round(net_amount - order_discount_share_amount - tax_share_amount - unit_cost * quantity, 2)
        end as margin_amount,
        is_counted,
        ordered_at,
        order_date
    from taxed

)

select * from final
