with

customer_lifecycle as (

    select * from {{ ref('int_customer_lifecycle') }}

),

final as (

    select
        customer_id,
        lifecycle_stage,
        cast(usual_gap_days as numeric(18, 1)) as usual_gap_days,
        stage_since_date,
        at_risk_from_date,
        lapsed_from_date
    from customer_lifecycle

)

select * from final
