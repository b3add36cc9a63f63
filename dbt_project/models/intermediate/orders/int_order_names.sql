with orders as (

    select * from {{ ref('int_orders_unioned') }}

),

-- Two shops may number alike; then a number proves nothing.
numbers as (

    select
        {{ bare_name('order_number', is_id=false) }} as named_as,
        min(order_id) as order_id,
        min(customer_record_id) as customer_record_id
    from orders
    where order_number is not null
    group by {{ bare_name('order_number', is_id=false) }}
    having count(*) = 1

),

final as (

    select
        order_id as named_as,
        order_id,
        customer_record_id
    from orders

    union all

    select
        named_as,
        order_id,
        customer_record_id
    from numbers

)

select * from final
