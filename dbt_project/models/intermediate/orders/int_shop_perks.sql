with orders as (

    select * from {{ ref('int_orders_converted') }}
    where is_counted

),

loyalty_points as (

    select * from {{ ref('int_loyalty_points_unioned') }}

),

final as (

    select
        exists(
            select 1 from orders
            where shipping_amount > 0
        ) as charges_shipping,
        exists(select 1 from loyalty_points) as has_points

)

select * from final
