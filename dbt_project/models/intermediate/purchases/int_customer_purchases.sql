{{ config(materialized='by_key') }}

with orders as (

    select * from {{ of_changed(ref('int_orders_converted')) }}
    where is_counted

),

-- Two orders on one day are one visit.
purchases as (

    select
        customer_id,
        order_date as purchase_date,
        cast(count(*) as integer) as n_orders,
        cast(sum(total_amount - refunded_amount) as numeric(18, 2)) as net_amount
    from orders
    group by customer_id, order_date

)

select * from purchases
