with orders as (

    select * from {{ ref('int_orders_converted') }}
    where is_counted

),

-- Two orders on one day are one visit.
purchase_days as (

    select distinct
        customer_id,
        order_date
    from orders

),

gaps as (

    select
        customer_id,
        order_date,
        lag(order_date) over (partition by customer_id order by order_date) as previous_order_date
    from purchase_days

),

final as (

    select
        customer_id,
        order_date,
        previous_order_date,
        order_date - previous_order_date as gap_days
    from gaps
    where previous_order_date is not null

)

select * from final
