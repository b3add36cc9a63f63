{#- The first nights after the goods came; who sent them back or waits for an answer has another need. -#}
with

deliveries as (
    select * from {{ live('deliveries') }}
    where delivered_date is not null and customer_id is not null
),

order_lines as (
    select * from {{ live('order_lines') }}
    where is_counted and product_name is not null
),

returns as (
    select * from {{ live('returns') }}
),

arrived as (
    select
        deliveries.customer_id,
        max(deliveries.delivered_date) as arrived_date,
        (array_agg(order_lines.product_name order by order_lines.net_amount desc, order_lines.product_name asc))[1]
            as product_name
    from deliveries
    inner join order_lines
        on deliveries.order_id = order_lines.order_id
    left join returns
        on deliveries.order_id = returns.order_id
    where
        deliveries.delivered_date <= {{ business_date() }} - {{ var("how_to_use_from_days", 1) }}
        and deliveries.delivered_date > {{ business_date() }} - {{ var("how_to_use_to_days", 5) }}
        and returns.return_id is null
    group by deliveries.customer_id
),

final as (
    select
        customer_id,
        product_name || ' arrived on ' || to_char(arrived_date, 'YYYY-MM-DD') as reason,
        product_name as offer,
        {{ end_of_day('arrived_date + ' ~ var("how_to_use_valid_days", 14)) }} as valid_until
    from arrived
)

select * from final
