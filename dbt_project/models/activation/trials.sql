{#-
    Whose turn comes tonight, in both arms of each holdout: those who get the list, and those who would but for their
    draw. Both are told by the same rule, so that they differ by the draw alone; who is left out for any other reason
    is in neither. Of everything marketing sends (scope global), a turn is any promotion that nothing else bars.
-#}
with

allocation as (
    select * from {{ ref('allocation') }}
),

eligibility as (
    select * from {{ ref('eligibility') }}
    where is_promotion
),

holdouts as (
    select * from {{ ref('holdouts') }}
),

turns as (
    select
        'segment:' || segment as scope,
        customer_id
    from allocation
    where is_allocated or given_up_reason = 'held_out'
    union
    select
        'global' as scope,
        allocation.customer_id
    from allocation
    inner join eligibility
        on
            allocation.segment = eligibility.segment
            and allocation.customer_id = eligibility.customer_id
    where
        allocation.is_allocated
        or allocation.given_up_reason in (
            'held_out_globally', 'held_out', 'kept_for_holdout', 'another_segment_goes_first'
        )
),

final as (
    select
        holdouts.scope,
        holdouts.customer_id,
        holdouts.share,
        holdouts.is_held_out
    from turns
    inner join holdouts
        on
            turns.scope = holdouts.scope
            and turns.customer_id = holdouts.customer_id
)

select * from final
