with orders as (

    select * from {{ ref('int_orders_converted') }}
    where is_counted

),

totals as (

    select
        customer_id,
        min(ordered_at) as first_order_at,
        max(ordered_at) as last_order_at,
        min(order_date) as first_order_date,
        max(order_date) as last_order_date,
        -- The day of the order that makes a customer loyal, once there is one.
        min(order_date) filter (where order_rank = {{ var('loyal_min_orders') }}) as loyal_since_date,
        cast(count(*) as integer) as n_orders,
        sum(total_amount) as revenue_amount,
        sum(refunded_amount) as refunded_amount
    from orders
    group by customer_id

)

select * from totals
