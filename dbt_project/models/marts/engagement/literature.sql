{#- Each claim of the literature (seed literature_claims) beside our own figure, as it was measured last. -#}
{%- set premiums = {
    'engaged_buy_more': 'orders',
    'engaged_more_loyal': 'retention',
    'engaged_net_revenue': 'revenue',
    'premium_wallet': 'share_of_wallet',
    'premium_profitability': 'profitability',
    'premium_revenue': 'revenue',
    'premium_growth': 'relationship_growth',
} -%}
{%- set z = var('interval_z') -%}
with claims as (

    select * from {{ ref('literature_claims') }}

),

premium as (

    select * from {{ ref('engagement_premium') }}
    where engagement_tier = 'fully_engaged'

),

losses as (

    select * from {{ ref('customer_loss') }}
    where loss_rate is not null
    order by month desc
    limit 1

),

recovery_rates as (

    select * from {{ ref('recovery_rates') }}
    where incident_type = 'all' and contact_status = 'all'

),

recovered as (

    select
        sum(n_single_known) as n,
        cast(sum(n_single_lost) as numeric) / nullif(sum(n_single_known), 0) as share
    from recovery_rates

),

customer_value as (

    select * from {{ ref('customer_value') }}

),

shopper_style as (

    select * from {{ ref('shopper_style') }}

),

employee_answers as (

    select * from {{ ref('int_employee_answers_unioned') }}
    where measure = 'promise'

),

survey_scales as (

    select * from {{ ref('survey_scales') }}
    where measure = 'promise'

),

believed as (

    select
        count(*) as n,
        avg(case when survey_scales.answer_number >= 4 then 1 else 0 end) as share
    from employee_answers
    inner join survey_scales
        on {{ fold('employee_answers.answer_text') }} = {{ fold('survey_scales.answer') }}

),

-- Of an order: whoever has as many orders as loyalty takes beside those who came back less often.
costs_per_order as (

    select
        n_orders >= {{ var('loyal_min_orders') }} as is_loyal,
        count(*) as n,
        cast(sum(n_orders) as numeric) as n_orders,
        sum(cost_to_serve_amount) / sum(n_orders) as per_order,
        sum(cost_to_serve_amount ^ 2) as sum_cost_2,
        sum(cost_to_serve_amount * n_orders) as sum_cost_orders,
        sum(cast(n_orders as numeric) ^ 2) as sum_orders_2
    from customer_value
    where n_orders > 1 and cost_to_serve_amount is not null
    group by is_loyal

),

-- Each a ratio of two sums over people: its relative variance after Cochran 1977, Sampling Techniques, chapter 6.
cost_spread as (

    select
        *,
        greatest(sum_cost_2 - 2 * per_order * sum_cost_orders + per_order ^ 2 * sum_orders_2, 0)
        * n / nullif(n - 1, 0) / nullif((per_order * n_orders) ^ 2, 0) as relative_variance
    from costs_per_order

),

service_costs as (

    select
        max(n) filter (where is_loyal) as n,
        max(per_order) filter (where is_loyal) / nullif(max(per_order) filter (where not is_loyal), 0) as ratio,
        case when count(relative_variance) = 2 then {{ z }} * sqrt(sum(relative_variance)) end as half_width
    from cost_spread

),

regulars as (

    select
        count(*) filter (where shopper_style.shopper_style = 'relational') as n_relational,
        count(*) filter (where shopper_style.shopper_style = 'transactional') as n_transactional,
        cast(count(*) filter (
            where shopper_style.shopper_style = 'relational'
            and customer_value.n_orders >= {{ var('loyal_min_orders') }}
        ) as numeric) as n_relational_regulars,
        cast(count(*) filter (
            where shopper_style.shopper_style = 'transactional'
            and customer_value.n_orders >= {{ var('loyal_min_orders') }}
        ) as numeric) as n_transactional_regulars
    from shopper_style
    inner join customer_value
        on shopper_style.customer_id = customer_value.customer_id

),

-- A ratio of shares, with Katz' interval of its logarithm (Katz and others 1978, Biometrics 34, 469-474).
likelier as (

    select
        least(n_relational, n_transactional) as n,
        (n_relational_regulars / n_relational) / (n_transactional_regulars / n_transactional) as ratio,
        {{ z }} * sqrt(
            1 / n_relational_regulars - 1.0 / n_relational + 1 / n_transactional_regulars - 1.0 / n_transactional
        ) as half_width
    from regulars
    where n_relational_regulars > 0 and n_transactional_regulars > 0

),

figures as (

    {% for claim, measure in premiums.items() %}
        select
            '{{ claim }}' as claim,
            premium_rate as own_value,
            premium_rate_low as own_low,
            premium_rate_high as own_high,
            n_customers as n
        from premium
        where measure = '{{ measure }}'

        union all
    {% endfor %}

    select
        'engaged_trust' as claim,
        difference as own_value,
        difference_low as own_low,
        difference_high as own_high,
        n_customers as n
    from premium
    where measure = 'trust'

    union all

    select
        'yearly_loss' as claim,
        loss_rate as own_value,
        interval_low as own_low,
        interval_high as own_high,
        n_customers as n
    from losses

    union all

    select
        'leave_after_bad_experience' as claim,
        share as own_value,
        {{ wilson_bound('share', 'nullif(n, 0)', z, '-') }} as own_low,
        {{ wilson_bound('share', 'nullif(n, 0)', z, '+') }} as own_high,
        n
    from recovered

    union all

    select
        'employees_believe' as claim,
        share as own_value,
        {{ wilson_bound('share', 'nullif(n, 0)', z, '-') }} as own_low,
        {{ wilson_bound('share', 'nullif(n, 0)', z, '+') }} as own_high,
        n
    from believed

    union all

    select
        'loyal_cost_less' as claim,
        ratio as own_value,
        ratio * exp(-half_width) as own_low,
        ratio * exp(half_width) as own_high,
        n
    from service_costs

    union all

    select
        'relational_become_regulars' as claim,
        ratio as own_value,
        ratio * exp(-half_width) as own_low,
        ratio * exp(half_width) as own_high,
        n
    from likelier

),

final as (

    select
        claims.claim,
        claims.what,
        claims.unit,
        claims.measured_as,
        case
            when claims.measured_as is null then 'no_source'
            when figures.own_value is null then 'no_data'
            when figures.n < {{ var('min_customers_for_a_share') }} then 'too_thin'
            when claims.literature_low is null and claims.literature_high is null then 'shown'
            when coalesce(figures.own_high, figures.own_value) < claims.literature_low then 'below'
            when coalesce(figures.own_low, figures.own_value) > claims.literature_high then 'above'
            else 'agrees'
        end as answer,
        claims.source,
        claims.literature_low,
        claims.literature_high,
        cast(round(figures.own_value, 4) as numeric(18, 4)) as own_value,
        cast(round(figures.own_low, 4) as numeric(18, 4)) as own_low,
        cast(round(figures.own_high, 4) as numeric(18, 4)) as own_high,
        cast(coalesce(figures.n, 0) as integer) as n_customers,
        claims.is_proxy
    from (
        select
            claim,
            what,
            unit,
            measured_as,
            source,
            is_proxy,
            cast(low as numeric(18, 4)) as literature_low,
            cast(high as numeric(18, 4)) as literature_high
        from claims
    ) as claims
    left join figures
        on claims.claim = figures.claim

)

select * from final
