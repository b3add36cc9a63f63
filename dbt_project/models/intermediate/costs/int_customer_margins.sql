with margins as (

    select * from {{ ref('int_order_margins') }}

),

of_customers as (

    select
        customer_id,
        cast(count(*) filter (where margin_amount is null) as integer) as n_orders_without_cost,
        -- Of all their orders or of none: a part of the margin is no margin.
        case when count(*) = count(margin_amount) then cast(sum(margin_amount) as numeric(18, 2)) end as margin_amount
    from margins
    group by customer_id

),

recent as (

    select
        sum(net_amount) filter (where margin_amount is not null) as known_net_amount,
        sum(net_amount) as net_amount,
        sum(margin_amount) as margin_amount
    from margins
    where order_date > {{ business_date() }} - {{ var('margin_window_days') }}

),

business_rate as (

    select
        case
            when net_amount > 0 and known_net_amount >= {{ var('least_margin_coverage') }} * net_amount
                then cast(round(margin_amount / known_net_amount, 4) as numeric(18, 4))
        end as margin_rate
    from recent

),

final as (

    select
        of_customers.customer_id,
        of_customers.n_orders_without_cost,
        of_customers.margin_amount,
        business_rate.margin_rate
    from of_customers
    cross join business_rate

)

select * from final
