{{ config(materialized='by_key') }}

with orders as (

    select * from {{ of_changed(ref('int_orders_converted')) }}
    where is_counted

),

months as (

    select
        customer_id,
        cast(date_trunc('month', cast(order_date as timestamp without time zone)) as date) as month,
        count(*) as n_orders,
        bool_or(order_rank = 2) as has_second_order,
        sum(total_amount - refunded_amount) as net_revenue_amount
    from orders
    group by 1, 2

),

final as (

    select
        customer_id,
        month,
        n_orders,
        has_second_order,
        net_revenue_amount,
        min(month) over (partition by customer_id) as cohort_month,
        lead(month) over (partition by customer_id order by month) as next_month,
        sum(net_revenue_amount) over (
            partition by customer_id order by month range between interval '11 months' preceding and current row
        ) as year_net_revenue_amount
    from months

)

select * from final
