with

reward_fit as (
    select * from {{ live('reward_fit') }}
    where reward is not null
),

customers as (
    select * from {{ live('customers') }}
    where lifecycle_stage in ('active', 'loyal', 'won_back')
),

final as (
    select
        reward_fit.customer_id,
        cast(reward_fit.n_orders as text) || ' orders; ' || reward_fit.reward_reason as reason,
        reward_fit.reward as offer,
        {{ valid_for_days(var("service_perk_valid_days", 30)) }} as valid_until
    from reward_fit
    inner join customers
        on reward_fit.customer_id = customers.customer_id
    where
        reward_fit.n_orders >= {{ var('loyal_min_orders') }}
        and not reward_fit.is_too_thin
)

select * from final
