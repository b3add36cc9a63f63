{#- Of what began longer ago than lift_period_days, more would be learnt about the lists of then than about today's. -#}
with trials as (

    select * from {{ ref('stg_send_ledger__trials') }}

),

final as (

    select
        scope,
        customer_id,
        share,
        is_held_out,
        entered_on
    from trials
    where entered_on > {{ business_date() }} - {{ var('lift_period_days') }}

)

select * from final
