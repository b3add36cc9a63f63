{#-
    Where each person stands. The rules, first that fits:
      prospect     no counted order
      lapsed       the wait exceeds lapsed_gap_factor usual gaps (at least lapsed_min_days), or lapsed_max_days
      at_risk      the wait exceeds at_risk_gap_factor usual gaps (at least at_risk_min_days)
      won_back     came back within won_back_days, after a wait that had made them lapsed
      first_order  one order, no older than first_order_days
      onboarding   one order, no older than onboarding_days; or two, the first no older than that
      loyal        loyal_min_orders or more
      active       everybody else
-#}
with profiles as (

    select * from {{ ref('int_customer_profiles') }}

),

totals as (

    select * from {{ ref('int_customer_order_totals') }}

),

gaps as (

    select * from {{ ref('int_customer_purchase_gaps') }}

),

usual_gaps as (

    select
        customer_id,
        percentile_cont(0.5) within group (order by gap_days) as usual_gap_days
    from gaps
    group by customer_id

),

-- Recent waits that were long enough to be a lapse at all; few, so that looking back from each stays cheap.
recent_returns as (

    select
        customer_id,
        order_date as returned_date,
        gap_days
    from gaps
    where
        order_date >= {{ business_date() }} - {{ var('won_back_days') }}
        and gap_days > {{ var('lapsed_min_days') }}

),

-- What was usual before the wait: the wait itself must not excuse its own length.
returns_after_lapse as (

    select
        recent_returns.customer_id,
        recent_returns.returned_date
    from recent_returns
    left join gaps as earlier_gaps
        on
            recent_returns.customer_id = earlier_gaps.customer_id
            and earlier_gaps.order_date < recent_returns.returned_date
    group by recent_returns.customer_id, recent_returns.returned_date, recent_returns.gap_days
    having
        recent_returns.gap_days > {{ var('lapsed_max_days') }}
        or recent_returns.gap_days > {{ lapse_after_days(
            "coalesce(percentile_cont(0.5) within group (order by earlier_gaps.gap_days), " ~ var('default_gap_days') ~ ")"
        ) }}

),

last_returns as (

    select
        customer_id,
        max(returned_date) as returned_date
    from returns_after_lapse
    group by customer_id

),

measured as (

    select
        profiles.customer_id,
        profiles.first_file_date,
        {{ to_business_date('profiles.first_seen_at') }} as first_seen_date,
        totals.first_order_date,
        totals.last_order_date,
        totals.loyal_since_date,
        last_returns.returned_date,
        coalesce(totals.n_orders, 0) as n_orders,
        {{ business_date() }} - totals.last_order_date as days_since_last_order,
        {{ business_date() }} - totals.first_order_date as days_since_first_order,
        coalesce(usual_gaps.usual_gap_days, {{ var('default_gap_days') }}) as usual_gap_days
    from profiles
    left join totals
        on profiles.customer_id = totals.customer_id
    left join usual_gaps
        on profiles.customer_id = usual_gaps.customer_id
    left join last_returns
        on profiles.customer_id = last_returns.customer_id

),

limits as (

    select
        *,
        floor({{ at_risk_after_days('usual_gap_days') }}) as at_risk_after_days,
        floor(least({{ lapse_after_days('usual_gap_days') }}, {{ var('lapsed_max_days') }})) as lapsed_after_days
    from measured

),

staged as (

    select
        *,
        case
            when n_orders = 0 then 'prospect'
            when days_since_last_order > lapsed_after_days then 'lapsed'
            when days_since_last_order > at_risk_after_days then 'at_risk'
            when returned_date is not null then 'won_back'
            when n_orders = 1 and days_since_last_order <= {{ var('first_order_days') }} then 'first_order'
            when n_orders <= 2 and days_since_first_order <= {{ var('onboarding_days') }} then 'onboarding'
            when n_orders >= {{ var('loyal_min_orders') }} then 'loyal'
            else 'active'
        end as lifecycle_stage
    from limits

),

final as (

    select
        customer_id,
        lifecycle_stage,
        -- Dates, not ages: they stay true until the stage changes.
        case lifecycle_stage
            when 'prospect' then coalesce(first_seen_date, first_file_date)
            when 'lapsed' then last_order_date + cast(lapsed_after_days as integer) + 1
            when 'at_risk' then last_order_date + cast(at_risk_after_days as integer) + 1
            when 'won_back' then returned_date
            when 'first_order' then first_order_date
            when 'onboarding'
                then case
                        when n_orders = 1 then first_order_date + {{ var('first_order_days') }} + 1
                        else last_order_date
                    end
            when 'loyal' then loyal_since_date
            else least(last_order_date, first_order_date + {{ var('onboarding_days') }} + 1)
        end as stage_since_date,
        cast(usual_gap_days as numeric(18, 1)) as usual_gap_days,
        last_order_date + cast(at_risk_after_days as integer) + 1 as at_risk_from_date,
        last_order_date + cast(lapsed_after_days as integer) + 1 as lapsed_from_date
    from staged

)

select * from final
