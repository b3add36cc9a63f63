{{ config(enabled='generic' in var('vendors')) }}

with lines as (

    select * from {{ ref('base_generic__exported_lines') }}

),

orders as (

    select * from {{ ref('base_generic__orders') }}

),

-- Lines without a number belong to the customer's order of that day, where the orders are exported too.
first_orders_of_day as (

    select
        customer_record_id,
        order_date,
        min(order_number) as order_number
    from orders
    group by customer_record_id, order_date

),

numbered as (

    select
        lines.*,
        coalesce(lines.written_order_number, first_orders_of_day.order_number, lines.order_key) as order_number
    from lines
    left join first_orders_of_day
        on
            lines.customer_record_id = first_orders_of_day.customer_record_id
            and lines.order_date = first_orders_of_day.order_date

),

final as (

    select
        numbered.*,
        orders.order_number is not null as has_order
    from numbered
    left join orders
        on numbered.order_number = orders.order_number
    -- A line that names an order nobody exported yet waits for it, unless it can make one itself.
    where orders.order_number is not null or numbered.ordered_at is not null

)

select * from final
