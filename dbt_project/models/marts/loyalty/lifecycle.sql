with changes as (

    select * from {{ ref('int_lifecycle_changes') }}

),

current_stages as (

    select * from {{ ref('int_customer_lifecycle') }}

),

final as (

    select
        changes.customer_id,
        changes.lifecycle_stage,
        changes.previous_stage,
        cast(current_stages.usual_gap_days as numeric(18, 1)) as usual_gap_days,
        changes.stage_until_date is null as is_current,
        changes.stage_since_date,
        changes.stage_until_date,
        current_stages.at_risk_from_date,
        current_stages.lapsed_from_date
    from changes
    left join current_stages
        on
            changes.customer_id = current_stages.customer_id
            and changes.stage_since_date = current_stages.stage_since_date

)

select * from final
