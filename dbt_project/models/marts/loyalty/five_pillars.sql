with orders as (

    select * from {{ ref('int_pillar_orders') }}

),

answers as (

    select * from {{ ref('int_pillar_answers') }}

),

reviews as (

    select * from {{ ref('reviews') }}

),

returns as (

    select * from {{ ref('returns') }}

),

deliveries as (

    select * from {{ ref('deliveries') }}

),

referrals as (

    select * from {{ ref('referrals') }}

),

members as (

    select * from {{ ref('int_pillar_members') }}

),

attendances as (

    select * from {{ ref('event_attendances') }}

),

pillar_measures as (

    select * from {{ ref('pillar_measures') }}

),

of_orders as (

    select
        orders.month,
        of_measure.*
    from orders
    cross join lateral (
        values
        ('saved_share', orders.discount_amount, orders.gross_amount),
        ('one_stop_share', cast(orders.n_orders_one_stop as numeric), cast(orders.n_orders_with_category as numeric))
    ) as of_measure (measure, part, whole)

),

review_months as (

    select
        cast(date_trunc('month', cast(review_date as timestamp without time zone)) as date) as month,
        sum(rating) as rating_sum,
        count(rating) as n_rated,
        count(distinct customer_id) as n_reviewers
    from reviews
    group by month

),

acts as (

    select
        month,
        'reviewer_share' as measure,
        n_reviewers as n_acts
    from review_months

    union all

    select
        cast(date_trunc('month', cast(return_date as timestamp without time zone)) as date) as month,
        'return_share' as measure,
        count(*) as n_acts
    from returns
    group by month

    union all

    select
        cast(date_trunc('month', cast(referred_date as timestamp without time zone)) as date) as month,
        'introductions_share' as measure,
        count(*) as n_acts
    from referrals
    where not is_self_referral
    group by month

    union all

    select
        cast(date_trunc('month', cast(occurred_date as timestamp without time zone)) as date) as month,
        'event_attendance_share' as measure,
        count(distinct customer_id) as n_acts
    from attendances
    where is_attended
    group by month

),

-- Once a source tells of such acts, a month without one has none.
first_acts as (

    select
        measure,
        min(month) as first_month
    from acts
    group by measure

),

of_acts as (

    select
        orders.month,
        first_acts.measure,
        cast(coalesce(acts.n_acts, 0) as numeric) as part,
        cast(case first_acts.measure when 'return_share' then orders.n_orders else orders.n_buyers end as numeric)
            as whole
    from orders
    inner join first_acts
        on orders.month >= first_acts.first_month
    left join acts
        on
            orders.month = acts.month
            and first_acts.measure = acts.measure

),

of_deliveries as (

    select
        cast(date_trunc('month', cast(promised_date as timestamp without time zone)) as date) as month,
        'on_time_share' as measure,
        cast(count(*) filter (where not is_late) as numeric) as part,
        cast(count(*) as numeric) as whole
    from deliveries
    where promised_date is not null and is_late is not null
    group by month

),

measured as (

    select
        month,
        measure,
        part,
        whole
    from of_orders

    union all

    select
        month,
        'review_rating' as measure,
        rating_sum as part,
        n_rated as whole
    from review_months

    union all

    select
        month,
        measure,
        part,
        whole
    from of_acts

    union all

    select
        month,
        measure,
        part,
        whole
    from of_deliveries

    union all

    select
        month,
        'membership_share' as measure,
        part,
        whole
    from members

    union all

    select
        month,
        measure,
        part,
        whole
    from answers

),

months as (

    select cast(spans.month as date) as month
    from generate_series(
            (select cast(min(orders.month) as timestamp without time zone) from orders),
            {{ business_date() }},
            interval '1 month'
        ) as spans (month)

),

known as (

    select distinct measure
    from measured
    where whole > 0
),

joined as (

    select
        months.month,
        pillar_measures.pillar,
        pillar_measures.measure,
        pillar_measures.is_higher_better,
        case
            when known.measure is null then 'no source tells ' || pillar_measures.needs
            when measured.whole is null or measured.whole = 0 then 'no ' || pillar_measures.needs || ' in the month'
        end as missing_reason,
        measured.part,
        measured.whole,
        measured.part / nullif(measured.whole, 0) as value
    from months
    cross join pillar_measures
    left join known
        on pillar_measures.measure = known.measure
    left join measured
        on
            months.month = measured.month
            and pillar_measures.measure = measured.measure

),

compared as (

    select
        *,
        avg(value) over (
            partition by measure order by month rows between {{ var('pillar_trend_months') }} preceding and 1 preceding
        ) as value_before
    from joined

),

trended as (

    select
        *,
        case
            when value is null or value_before is null then null
            when abs(value - value_before) <= {{ var('pillar_trend_min_change') }} * abs(value_before) then 'flat'
            when value > value_before then 'up'
            else 'down'
        end as trend
    from compared

),

final as (

    select
        month,
        measure,
        pillar,
        missing_reason,
        trend,
        cast(round(part, 2) as numeric(18, 2)) as numerator,
        cast(round(whole, 2) as numeric(18, 2)) as denominator,
        cast(round(value, 4) as numeric(9, 4)) as value,
        cast(round(value_before, 4) as numeric(9, 4)) as value_before,
        case trend when 'up' then is_higher_better when 'down' then not is_higher_better end as is_improving,
        month + interval '1 month' <= {{ business_date() }} + 1 as is_month_over,
        whole < {{ var('min_customers_for_a_share') }} as is_too_thin
    from trended

)

select * from final
