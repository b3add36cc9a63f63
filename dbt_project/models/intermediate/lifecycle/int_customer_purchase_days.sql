{#-
    What a wait may grow to is known on the day it begins: only the gaps up to then count, so that the past stays as it was.
-#}
{{ config(materialized='by_key') }}

with orders as (

    select * from {{ of_changed(ref('int_orders_converted')) }}
    where is_counted

),

-- Two orders on one day are one visit.
days as (

    select
        customer_id,
        order_date as purchase_date,
        max(order_rank) as n_orders
    from orders
    group by customer_id, order_date

),

placed as (

    select
        customer_id,
        purchase_date,
        n_orders,
        first_value(purchase_date) over in_time as first_purchase_date,
        purchase_date - lag(purchase_date) over in_time as gap_days,
        lead(purchase_date) over in_time as next_purchase_date
    from days
    window in_time as (partition by customer_id order by purchase_date)

),

-- No wait shorter than this makes anybody at risk, so what was usual need not be known.
long_waits as (

    select
        customer_id,
        purchase_date
    from placed
    where
        next_purchase_date is null
        or next_purchase_date - purchase_date > least({{ var('at_risk_min_days') }}, {{ var('lapsed_min_days') }})

),

usual_gaps as (

    select
        long_waits.customer_id,
        long_waits.purchase_date,
        coalesce(
            percentile_cont(0.5) within group (order by earlier.gap_days), {{ var('default_gap_days') }}
        ) as usual_gap_days
    from long_waits
    left join placed as earlier
        on
            long_waits.customer_id = earlier.customer_id
            and long_waits.purchase_date >= earlier.purchase_date
    group by long_waits.customer_id, long_waits.purchase_date

),

limits as (

    select
        placed.*,
        usual_gaps.usual_gap_days,
        placed.purchase_date
        + cast(floor({{ at_risk_after_days('usual_gaps.usual_gap_days') }}) as integer)
        + 1 as at_risk_from_date,
        placed.purchase_date
        + cast(
            floor(least({{ lapse_after_days('usual_gaps.usual_gap_days') }}, {{ var('lapsed_max_days') }})) as integer
        )
        + 1 as lapsed_from_date
    from placed
    left join usual_gaps
        on
            placed.customer_id = usual_gaps.customer_id
            and placed.purchase_date = usual_gaps.purchase_date

),

returns as (

    select
        *,
        purchase_date >= lag(lapsed_from_date) over (partition by customer_id order by purchase_date)
            as is_return_after_lapse
    from limits

),

final as (

    select
        customer_id,
        purchase_date,
        n_orders,
        first_purchase_date,
        next_purchase_date,
        max(case when is_return_after_lapse then purchase_date end)
            over (partition by customer_id order by purchase_date)
            as last_return_date,
        cast(usual_gap_days as numeric(18, 1)) as usual_gap_days,
        -- A limit that the next purchase forestalled is no limit.
        case when usual_gap_days is not null then at_risk_from_date end as at_risk_from_date,
        case when usual_gap_days is not null then lapsed_from_date end as lapsed_from_date
    from returns

)

select * from final
