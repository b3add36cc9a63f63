with lines as (

    select * from {{ ref('int_order_lines_unioned') }}

),

orders as (

    select * from {{ ref('int_orders_converted') }}
    where is_counted

),

final as (

    select
        lines.product_id,
        cast(
            percentile_cont(0.5) within group (order by lines.unit_price * orders.exchange_rate) as numeric(18, 4)
        ) as median_unit_price
    from lines
    inner join orders
        on lines.order_id = orders.order_id
    where
        lines.product_id is not null
        and lines.unit_price > 0
    group by lines.product_id

)

select * from final
