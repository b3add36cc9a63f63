{#-
    A year of losing customers, seen from the end of each month M. At stake: who bought in the twelve months before the
    last twelve. Lost: whoever of them did not buy in the last twelve. A person's newest month with a purchase up to
    M - 12 and the month after it tell both, so each person is at stake once a month.
-#}
{%- set z = var('interval_z') -%}
with purchase_months as (

    select * from {{ ref('int_purchase_months') }}

),

benchmarks as (

    select * from {{ ref('loyalty_benchmarks') }}

),

spend as (

    select * from {{ ref('int_acquisition_spend') }}

),

literature as (

    select
        max(low) filter (where benchmark = 'yearly_loss_rate') as low_rate,
        max(high) filter (where benchmark = 'yearly_loss_rate') as high_rate,
        max(low) filter (where benchmark = 'replacing_to_keeping_cost') as low_factor,
        max(high) filter (where benchmark = 'replacing_to_keeping_cost') as high_factor
    from benchmarks

),

months as (

    select
        cast(months.month as date) as month,
        min(spans.first_month) as first_month
    from (select min(month) as first_month from purchase_months) as spans
    cross join
        lateral generate_series(
            cast(spans.first_month as timestamp without time zone),
            cast({{ business_date() }} + 1 as timestamp without time zone) - interval '1 month',
            interval '1 month'
        ) as months (month)
    group by months.month

),

at_stake as (

    select
        cast(months.month as date) as month,
        purchase_months.year_net_revenue_amount,
        coalesce(purchase_months.next_month > months.month, true) as is_lost
    from purchase_months
    cross join lateral generate_series(
        cast(purchase_months.month as timestamp without time zone) + interval '12 months',
        least(
            cast(purchase_months.month as timestamp without time zone) + interval '23 months',
            cast(purchase_months.next_month as timestamp without time zone) + interval '11 months'
        ),
        interval '1 month'
    ) as months (month)

),

counted as (

    select
        month,
        count(*) as n_customers,
        count(*) filter (where is_lost) as n_lost,
        sum(year_net_revenue_amount) filter (where is_lost) as lost_amount,
        avg(year_net_revenue_amount) as average_amount
    from at_stake
    group by month

),

spent as (

    select
        month,
        sum(spend_amount) as spend_amount
    from spend
    group by month

),

won as (

    select
        cohort_month as month,
        count(*) as n_won
    from purchase_months
    where month = cohort_month
    group by cohort_month

),

-- What winning one cost in the same twelve months; a year of which a month's spend is not known has no cost.
winning as (

    select
        months.month,
        case
            when count(spent.spend_amount) over last_year = 12
                then sum(spent.spend_amount) over last_year / nullif(sum(coalesce(won.n_won, 0)) over last_year, 0)
        end as cost_of_one,
        count(spent.spend_amount) over last_year as n_months_known
    from months
    left join spent
        on months.month = spent.month
    left join won
        on months.month = won.month
    window last_year as (order by months.month rows between 11 preceding and current row)

),

joined as (

    select
        months.month,
        counted.n_lost * winning.cost_of_one as replacing_cost,
        winning.n_months_known,
        winning.cost_of_one,
        coalesce(counted.n_customers, 0) as n_customers,
        coalesce(counted.n_lost, 0) as n_lost,
        counted.lost_amount,
        counted.average_amount,
        literature.low_rate,
        literature.high_rate,
        literature.low_factor,
        literature.high_factor,
        cast(counted.n_lost as numeric) / counted.n_customers as loss_rate,
        case
            when months.first_month + interval '23 months' > months.month then 'fewer than two years of orders'
            when counted.n_customers is null then 'nobody bought in the year before the last'
        end as missing_reason
    from months
    cross join literature
    inner join winning
        on months.month = winning.month
    left join counted
        on months.month = counted.month

),

final as (

    select
        month,
        '{{ var("reporting_currency") }}' as reporting_currency,
        missing_reason,
        case
            when missing_reason is not null then null
            when loss_rate < low_rate then 'below'
            when loss_rate > high_rate then 'above'
            else 'within'
        end as beside_literature,
        case when missing_reason is null then cast(n_customers as integer) end as n_customers,
        case when missing_reason is null then cast(n_lost as integer) end as n_lost,
        case when missing_reason is null then cast(round(loss_rate, 4) as numeric(9, 4)) end as loss_rate,
        case
            when missing_reason is null
                then cast(round({{ wilson_bound('loss_rate', 'n_customers', z, '-') }}, 4) as numeric(9, 4))
        end as interval_low,
        case
            when missing_reason is null
                then cast(round({{ wilson_bound('loss_rate', 'n_customers', z, '+') }}, 4) as numeric(9, 4))
        end as interval_high,
        cast(low_rate as numeric(9, 4)) as literature_low_rate,
        cast(high_rate as numeric(9, 4)) as literature_high_rate,
        case when missing_reason is null then cast(coalesce(lost_amount, 0) as numeric(18, 2)) end as lost_amount,
        case when missing_reason is null then cast(round(average_amount, 2) as numeric(18, 2)) end as average_amount,
        case when missing_reason is null then cast(round(replacing_cost, 2) as numeric(18, 2)) end
            as replacing_cost_amount,
        case when missing_reason is null then cast(round(replacing_cost / high_factor, 2) as numeric(18, 2)) end
            as keeping_cost_low_amount,
        case when missing_reason is null then cast(round(replacing_cost / low_factor, 2) as numeric(18, 2)) end
            as keeping_cost_high_amount,
        case
            when missing_reason is not null then missing_reason
            when n_months_known < 12 then 'what winning customers cost is not known for the whole year'
            when cost_of_one is null then 'nobody was won in the year'
        end as cost_missing_reason,
        cast(low_factor as numeric(9, 4)) as literature_low_factor,
        cast(high_factor as numeric(9, 4)) as literature_high_factor,
        case when missing_reason is null then n_customers < {{ var('min_customers_for_a_share') }} end as is_too_thin
    from joined

)

select * from final
