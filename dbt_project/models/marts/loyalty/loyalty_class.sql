with incentives as (

    select * from {{ ref('int_order_incentives') }}

),

advocacy as (

    select * from {{ ref('advocacy') }}

),

loyalty_points as (

    select * from {{ ref('loyalty_points') }}

),

redeemed as (

    select distinct order_id
    from loyalty_points
    where event_type = 'redeemed' and order_id is not null

),

repeat_orders as (

    select
        incentives.customer_id,
        count(*) as n_repeat_orders,
        count(*) filter (where incentives.is_discounted) as n_discounted,
        count(*) filter (where incentives.has_coupon) as n_coupon,
        count(redeemed.order_id) as n_points,
        count(*) filter (where incentives.has_incentive or redeemed.order_id is not null) as n_with_incentive
    from incentives
    left join redeemed
        on incentives.order_id = redeemed.order_id
    where incentives.order_rank > 1
    group by incentives.customer_id

),

business as (

    select cast(sum(n_with_incentive) as numeric) / sum(n_repeat_orders) as mean_dependence
    from repeat_orders

),

-- Few orders are drawn to what is usual at the business.
measured as (

    select
        repeat_orders.*,
        repeat_orders.n_repeat_orders - repeat_orders.n_with_incentive as n_without_incentive,
        business.mean_dependence,
        (repeat_orders.n_with_incentive + {{ var('loyalty_prior_orders') }} * business.mean_dependence)
        / (repeat_orders.n_repeat_orders + {{ var('loyalty_prior_orders') }}) as dependence,
        coalesce(advocacy.is_advocate, false) as is_advocate,
        advocacy.n_won,
        advocacy.n_positive_reviews,
        advocacy.nps_class
    from repeat_orders
    cross join business
    left join advocacy
        on repeat_orders.customer_id = advocacy.customer_id

),

classed as (

    select
        *,
        case
            when dependence >= {{ var('loyalty_bought_from') }} and not is_advocate then 1.0
            when
                dependence <= {{ var('loyalty_relationship_to') }}
                and (is_advocate or n_without_incentive >= {{ var('loyalty_relationship_min_orders') }})
                then 3.0
            else 2.0
        end as loyalty_class
    from measured

),

final as (

    select
        customer_id,
        cast(loyalty_class as numeric(2, 1)) as loyalty_class,
        case loyalty_class when 1.0 then 'bought' when 3.0 then 'relationship' else 'between' end as loyalty_class_name,
        case
            when loyalty_class = 1.0 then 'comes back with an incentive, recommends nobody'
            when loyalty_class = 3.0 and is_advocate then 'comes back without an incentive and advocates'
            when loyalty_class = 3.0 then 'comes back without an incentive'
            when is_advocate then 'advocates, yet comes back with an incentive as often as not'
            else 'comes back with an incentive as often as not, or too seldom to tell'
        end as class_reason,
        nps_class,
        cast(n_repeat_orders as integer) as n_repeat_orders,
        cast(n_with_incentive as integer) as n_with_incentive,
        cast(n_without_incentive as integer) as n_without_incentive,
        cast(n_discounted as integer) as n_discounted,
        cast(n_coupon as integer) as n_coupon,
        cast(n_points as integer) as n_points,
        n_won,
        n_positive_reviews,
        cast(round(dependence, 3) as numeric(4, 3)) as incentive_dependence,
        cast(round(mean_dependence, 3) as numeric(4, 3)) as business_incentive_dependence,
        is_advocate,
        n_repeat_orders < {{ var('loyalty_relationship_min_orders') }} as is_too_thin
    from classed

)

select * from final
