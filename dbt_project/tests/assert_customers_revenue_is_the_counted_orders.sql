-- The customers' revenue adds up to the counted orders' totals.
with customers as (

    select
        sum(n_orders) as n_orders,
        sum(revenue_amount) as revenue_amount
    from {{ ref('customers') }}

),

orders as (

    select
        count(*) as n_orders,
        sum(total_amount) as revenue_amount
    from {{ ref('orders') }}
    where is_counted

)

select
    customers.n_orders as customers_n_orders,
    orders.n_orders as orders_n_orders
from customers
cross join orders
where
    customers.n_orders <> orders.n_orders
    or customers.revenue_amount <> orders.revenue_amount
