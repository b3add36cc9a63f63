with incentives as (

    select * from {{ ref('int_order_incentives') }}

),

final as (

    select
        customer_id,
        count(*) as n_orders,
        count(*) filter (where is_discounted) as n_discounted,
        count(*) filter (where has_coupon) as n_coupon,
        count(*) filter (where is_in_promotion) as n_promotion,
        count(*) filter (where has_incentive) as n_incentive,
        count(*) filter (where order_rank > 1) as n_repeat,
        count(*) filter (where order_rank > 1 and not has_incentive) as n_repeat_full_price,
        sum(gross_amount) as gross_amount,
        sum(discounted_gross_amount) as discounted_gross_amount,
        sum(net_revenue_amount) as net_revenue_amount,
        coalesce(sum(net_revenue_amount) filter (where not has_incentive), 0) as full_price_revenue_amount,
        min(order_date) as first_order_date,
        max(order_date) as last_order_date
    from incentives
    group by customer_id

)

select * from final
