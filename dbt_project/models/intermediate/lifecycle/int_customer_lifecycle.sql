with changes as (

    select * from {{ ref('int_lifecycle_changes') }}

),

purchase_days as (

    select * from {{ ref('int_customer_purchase_days') }}

),

last_purchases as (

    select * from purchase_days
    where next_purchase_date is null

),

final as (

    select
        changes.customer_id,
        changes.lifecycle_stage,
        changes.stage_since_date,
        coalesce(last_purchases.usual_gap_days, {{ var('default_gap_days') }}) as usual_gap_days,
        last_purchases.at_risk_from_date,
        last_purchases.lapsed_from_date
    from changes
    left join last_purchases
        on changes.customer_id = last_purchases.customer_id
    where changes.stage_until_date is null

)

select * from final
