with purchase_months as (

    select * from {{ ref('int_purchase_months') }}

),

cohorts as (

    select
        cohort_month,
        count(*) as n_customers
    from purchase_months
    where month = cohort_month
    group by cohort_month

),

-- Also the months in which nobody of a cohort came.
grid as (

    select
        cohorts.cohort_month,
        cohorts.n_customers,
        cast(months.month as date) as month
    from cohorts
    cross join lateral generate_series(
        cast(cohorts.cohort_month as timestamp without time zone), {{ business_date() }}, interval '1 month'
    ) as months (month)

),

bought as (

    select
        cohort_month,
        month,
        count(*) as n_active,
        count(*) filter (where has_second_order) as n_second_orders,
        sum(net_revenue_amount) as net_revenue_amount
    from purchase_months
    group by cohort_month, month

),

counted as (

    select
        grid.cohort_month,
        grid.month,
        grid.n_customers,
        (extract(year from grid.month) - extract(year from grid.cohort_month)) * 12
        + extract(month from grid.month) - extract(month from grid.cohort_month) as months_since,
        coalesce(bought.n_active, 0) as n_active,
        sum(coalesce(bought.n_second_orders, 0)) over (partition by grid.cohort_month order by grid.month) as n_repeat,
        coalesce(bought.net_revenue_amount, 0) as net_revenue_amount
    from grid
    left join bought
        on
            grid.cohort_month = bought.cohort_month
            and grid.month = bought.month

),

final as (

    select
        cohort_month,
        cast(months_since as integer) as months_since,
        month,
        '{{ var("reporting_currency") }}' as reporting_currency,
        cast(n_customers as integer) as n_customers,
        cast(n_active as integer) as n_active,
        cast(n_repeat as integer) as n_repeat,
        cast(round(cast(n_active as numeric) / n_customers, 4) as numeric(9, 4)) as retention_rate,
        cast(round(cast(n_repeat as numeric) / n_customers, 4) as numeric(9, 4)) as repeat_rate,
        cast(net_revenue_amount as numeric(18, 2)) as net_revenue_amount,
        month + interval '1 month' <= {{ business_date() }} + 1 as is_month_over,
        n_customers < {{ var('min_customers_for_a_share') }} as is_too_thin
    from counted

)

select * from final
