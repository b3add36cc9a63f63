with orders as (

    select * from {{ ref('int_orders_converted') }}
    where is_counted

),

lines as (

    select * from {{ ref('int_order_lines_unioned') }}

),

redemptions as (

    select * from {{ ref('int_coupon_redemptions_dated') }}

),

promotion_days as (

    select * from {{ ref('int_promotion_days') }}

),

lines_summed as (

    select
        order_id,
        sum(gross_amount) as lines_gross,
        sum(discount_amount) as lines_discount,
        sum(gross_amount) filter (where discount_amount > 0) as discounted_gross
    from lines
    group by order_id

),

redemption_days as (

    select distinct
        customer_id,
        redemption_date
    from redemptions

),

flagged as (

    select
        orders.order_id,
        orders.customer_id,
        orders.order_rank,
        orders.order_date,
        orders.ordered_at,
        orders.gross_amount,
        cast(orders.total_amount - orders.refunded_amount as numeric(18, 2)) as net_revenue_amount,
        coalesce(orders.discount_amount, 0) > 0 as is_discounted,
        orders.coupon_code is not null or redemption_days.customer_id is not null as has_coupon,
        promotion_days.promotion_date is not null as is_in_promotion,
        orders.discount_amount / nullif(orders.exchange_rate, 0) as original_discount,
        lines_summed.lines_gross,
        lines_summed.lines_discount,
        lines_summed.discounted_gross
    from orders
    left join lines_summed
        on orders.order_id = lines_summed.order_id
    left join redemption_days
        on
            orders.customer_id = redemption_days.customer_id
            and orders.order_date = redemption_days.redemption_date
    left join promotion_days
        on orders.order_date = promotion_days.promotion_date

),

final as (

    select
        order_id,
        customer_id,
        order_rank,
        order_date,
        ordered_at,
        net_revenue_amount,
        coalesce(gross_amount, 0) as gross_amount,
        -- A discount beyond those of the lines was given on the order as a whole.
        cast(
            coalesce(
                gross_amount
                * case
                    when not is_discounted then 0
                    when lines_gross > 0 and original_discount <= lines_discount * 1.01
                        then coalesce(discounted_gross, 0) / lines_gross
                    else 1
                end,
                0
            )
            as numeric(18, 2)
        ) as discounted_gross_amount,
        is_discounted,
        has_coupon,
        is_in_promotion,
        is_discounted or has_coupon as has_incentive
    from flagged

)

select * from final
