with

eligibility as (
    select * from {{ ref('eligibility') }}
    where not is_eligible
),

allocation as (
    select * from {{ ref('allocation') }}
    where not is_allocated
),

exclusion_reasons as (
    select * from {{ ref('exclusion_reasons') }}
),

left_out as (
    select
        segment,
        customer_id,
        exclusion_reason as reason_code,
        cast(null as text) as given_up_for
    from eligibility
    union all
    select
        segment,
        customer_id,
        given_up_reason as reason_code,
        given_up_for
    from allocation
),

final as (
    select
        left_out.segment,
        left_out.customer_id,
        exclusion_reasons.stage,
        left_out.reason_code,
        left_out.given_up_for
    from left_out
    left join exclusion_reasons
        on left_out.reason_code = exclusion_reasons.reason_code
)

select * from final
