with

nights as (
    select * from {{ ref('stg_ops__nights') }}
),

-- A business without a night in earnest yet (only rehearsals, or none recorded) starts with this one.
final as (
    select coalesce(min(business_date), {{ business_date() }}) as first_live_date
    from nights
    where not is_dry_run
)

select * from final
