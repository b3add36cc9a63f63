with first_orders as (

    select
        customer_id,
        coalesce(sales_channel, 'unknown') as channel,
        cast(date_trunc('month', order_date) as date) as month
    from {{ ref('int_orders_converted') }}
    where order_rank = 1

),

spend as (

    select * from {{ ref('int_acquisition_spend') }}

),

spent_on_channel as (

    select
        month,
        channel,
        sum(spend_amount) as spend_amount
    from spend
    where channel is not null
    group by month, channel

),

-- Spend without a channel was for all who were won that month.
spent_on_all as (

    select
        month,
        sum(spend_amount) as spend_amount
    from spend
    where channel is null
    group by month

),

counted as (

    select
        customer_id,
        channel,
        month,
        count(*) over (partition by month, channel) as n_won_by_channel,
        count(*) over (partition by month) as n_won
    from first_orders

),

shared as (

    select
        counted.customer_id,
        counted.channel,
        counted.month,
        spent_on_channel.spend_amount / counted.n_won_by_channel as share_of_channel,
        spent_on_all.spend_amount / counted.n_won as share_of_all
    from counted
    left join spent_on_channel
        on counted.month = spent_on_channel.month and counted.channel = spent_on_channel.channel
    left join spent_on_all
        on counted.month = spent_on_all.month

),

final as (

    select
        customer_id,
        channel as acquisition_channel,
        month as acquisition_month,
        cast(
            coalesce(share_of_channel + share_of_all, share_of_channel, share_of_all) as numeric(18, 2)
        ) as acquisition_cost_amount
    from shared

)

select * from final
