with incentives as (

    select * from {{ ref('int_order_incentives') }}

),

answers as (

    select * from {{ ref('int_message_answers') }}

),

orders as (

    select
        *,
        cast(date_trunc('month', cast(order_date as timestamp without time zone)) as date) as month
    from incentives

),

-- A month's last buyers have their 30 days when another month is over.
contacted as (

    select distinct
        orders.customer_id,
        orders.month
    from orders
    inner join answers
        on
            orders.customer_id = answers.customer_id
            and orders.ordered_at < answers.first_at
            and answers.first_at
            <= orders.ordered_at + interval '{{ var("contact_after_sale_days") }} days'

),

buyers as (

    select
        customer_id,
        month,
        count(*) as n_orders,
        count(*) filter (where has_incentive) as n_orders_with_incentive,
        cast(sum(net_revenue_amount) as numeric(18, 2)) as net_revenue_amount,
        cast(coalesce(sum(net_revenue_amount) filter (where not has_incentive), 0) as numeric(18, 2))
            as full_price_revenue_amount,
        sum(gross_amount) as gross_amount
    from orders
    group by customer_id, month

),

first_message as (

    select cast(date_trunc('month', min(first_at)) as date) as month from answers

),

final as (

    select
        buyers.*,
        case when buyers.month >= first_message.month then contacted.customer_id is not null end as is_contacted
    from buyers
    cross join first_message
    left join contacted
        on
            buyers.customer_id = contacted.customer_id
            and buyers.month = contacted.month

)

select * from final
