{#-
    Everybody counts in the arm they were drawn into, whatever became of the message, from the morning after the night on which
    their turn came first. A window counts for a person once it is over, so that both arms are watched for the same time.
-#}
{%- set measures = [
    'response_rate', 'order_rate', 'retention_rate', 'n_orders', 'net_revenue', 'margin', 'days_to_order'
] -%}
with trials as (

    select * from {{ ref('int_trials') }}

),

customer_aliases as (

    select * from {{ ref('customer_aliases') }}

),

orders as (

    select * from {{ ref('orders') }}
    where is_counted

),

order_lines as (

    select * from {{ ref('order_lines') }}
    where is_counted

),

responses as (

    select * from {{ ref('customer_timeline') }}
    where
        event_type in (
            {%- for response in var('lift_responses') %}
                '{{ response }}'{{ ',' if not loop.last }}
            {%- endfor %}
        )

),

lifecycle as (

    select * from {{ ref('lifecycle') }}

),

-- Who was two persons in two arms is in neither: they were sent the list and kept from it.
entered as (

    select
        trials.scope,
        coalesce(customer_aliases.customer_id, trials.customer_id) as customer_id,
        bool_or(trials.is_held_out) as is_held_out,
        bool_or(trials.is_held_out) and not bool_and(trials.is_held_out) as is_in_both,
        avg(trials.share) as share,
        min(trials.entered_on) as entered_on
    from trials
    left join customer_aliases
        on trials.customer_id = customer_aliases.alias_id
    group by trials.scope, coalesce(customer_aliases.customer_id, trials.customer_id)

),

watched as (

    select
        entered.*,
        windows.window_days,
        entered.entered_on + windows.window_days as last_date
    from entered
    cross join unnest(array{{ var('lift_windows_days') }}) as windows (window_days)
    where entered.entered_on + windows.window_days <= {{ business_date() }}

),

margins as (

    select
        order_id,
        sum(margin_amount) as margin_amount
    from order_lines
    group by order_id

),

bought as (

    select
        watched.scope,
        watched.customer_id,
        watched.window_days,
        count(*) as n_orders,
        sum(orders.total_amount - orders.refunded_amount) as net_revenue,
        sum(coalesce(margins.margin_amount, 0)) as margin,
        min(orders.order_date - watched.entered_on) as days_to_order
    from watched
    inner join orders
        on
            watched.customer_id = orders.customer_id
            and watched.entered_on < orders.order_date
            and watched.last_date >= orders.order_date
    left join margins
        on orders.order_id = margins.order_id
    group by watched.scope, watched.customer_id, watched.window_days

),

responded as (

    select distinct
        watched.scope,
        watched.customer_id,
        watched.window_days
    from watched
    inner join responses
        on
            watched.customer_id = responses.customer_id
            and watched.entered_on < responses.event_date
            and watched.last_date >= responses.event_date

),

outcomes as (

    select
        watched.*,
        case when responded.customer_id is null then 0 else 1 end as response_rate,
        case when bought.customer_id is null then 0 else 1 end as order_rate,
        case when lifecycle.lifecycle_stage not in ('prospect', 'at_risk', 'lapsed') then 1 else 0 end
            as retention_rate,
        coalesce(bought.n_orders, 0) as n_orders,
        coalesce(bought.net_revenue, 0) as net_revenue,
        coalesce(bought.margin, 0) as margin,
        coalesce(bought.days_to_order, watched.window_days) as days_to_order
    from watched
    left join bought
        on
            watched.scope = bought.scope
            and watched.customer_id = bought.customer_id
            and watched.window_days = bought.window_days
    left join responded
        on
            watched.scope = responded.scope
            and watched.customer_id = responded.customer_id
            and watched.window_days = responded.window_days
    left join lifecycle
        on
            watched.customer_id = lifecycle.customer_id
            and watched.last_date >= lifecycle.stage_since_date
            and (lifecycle.stage_until_date is null or watched.last_date < lifecycle.stage_until_date)
    where not watched.is_in_both

),

arms as (

    select
        scope,
        window_days,
        case when is_held_out then 'held_out' else 'treated' end as arm,
        count(*) as n_customers,
        sum(case when is_held_out then share else 1 - share end) as n_expected,
        min(entered_on) as first_entered_on,
        {%- for measure in measures %}
            avg({{ measure }}) as mean_{{ measure }},
            var_samp({{ measure }}) as variance_{{ measure }},
        {%- endfor %}
        max(entered_on) as last_entered_on
    from outcomes
    group by scope, window_days, arm

),

final as (

    select
        arms.scope,
        each_measure.measure,
        arms.arm,
        cast(arms.window_days as integer) as window_days,
        cast(arms.n_customers as integer) as n_customers,
        cast(arms.n_expected as numeric(18, 2)) as n_expected,
        cast(each_measure.mean_value as numeric(18, 6)) as mean_value,
        cast(each_measure.variance_value as numeric(18, 6)) as variance_value,
        arms.first_entered_on,
        arms.last_entered_on
    from arms
    cross join lateral (
        values
        {%- for measure in measures %}
            ('{{ measure }}', arms.mean_{{ measure }}, arms.variance_{{ measure }}){{ ',' if not loop.last }}
        {%- endfor %}
    ) as each_measure (measure, mean_value, variance_value)

)

select * from final
