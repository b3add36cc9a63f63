with changes as (

    select * from {{ ref('int_lifecycle_changes') }}

),

-- Every month whose last day lies in the stage; a month that is not over has not shown its end.
stages_at_month_ends as (

    select
        changes.customer_id,
        changes.lifecycle_stage,
        cast(months.month as date) as month
    from changes
    cross join lateral generate_series(
        date_trunc('month', cast(changes.stage_since_date as timestamp without time zone)),
        cast(coalesce(changes.stage_until_date, {{ business_date() }}) + 1 as timestamp without time zone)
        - interval '1 month',
        interval '1 month'
    ) as months (month)

),

moves as (

    select
        month,
        lifecycle_stage as to_stage,
        coalesce(lag(lifecycle_stage) over (partition by customer_id order by month), 'unknown') as from_stage
    from stages_at_month_ends

),

counted as (

    select
        month,
        from_stage,
        to_stage,
        count(*) as n_customers
    from moves
    group by month, from_stage, to_stage

),

final as (

    select
        month,
        from_stage,
        to_stage,
        cast(n_customers as integer) as n_customers,
        cast(sum(n_customers) over leavers as integer) as n_from_stage,
        cast(n_customers / sum(n_customers) over leavers as numeric(9, 4)) as share_of_from_stage,
        sum(n_customers) over leavers < {{ var('min_customers_for_a_share') }} as is_too_thin
    from counted
    window leavers as (partition by month, from_stage)

)

select * from final
