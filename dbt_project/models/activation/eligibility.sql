{#- What eligibility_now said when the lists were built: allocation, exclusions and counts stand on that. -#}
with

eligibility_now as (
    select * from {{ ref('eligibility_now') }}
),

final as (
    select * from eligibility_now
)

select * from final
