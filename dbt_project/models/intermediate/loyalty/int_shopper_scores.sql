with components as (

    select * from {{ ref('int_shopper_components') }}

),

weights as (

    select * from {{ ref('int_shopper_weights') }}

),

contributions as (

    select
        components.customer_id,
        components.component,
        weights.weight,
        components.evidence * weights.weight as log_odds
    from components
    inner join weights
        on components.component = weights.component

),

summed as (

    select
        customer_id,
        cast(count(*) as integer) as n_components_known,
        sum(weight) as known_weight,
        sum(log_odds) as log_odds
    from contributions
    group by customer_id

),

ranked as (

    select
        contributions.customer_id,
        contributions.component,
        contributions.log_odds,
        row_number() over (
            partition by contributions.customer_id
            order by contributions.log_odds * sign(summed.log_odds) desc, contributions.component
        ) as place
    from contributions
    inner join summed
        on contributions.customer_id = summed.customer_id
    where contributions.log_odds * summed.log_odds > 0

),

reasons as (

    select
        customer_id,
        max(component) filter (where place = 1) as first_reason,
        max(component) filter (where place = 2) as second_reason,
        max(component) filter (where place = 3) as third_reason
    from ranked
    where place <= 3
    group by customer_id

),

totals as (

    select sum(weight) as weight from weights

),

final as (

    select
        summed.customer_id,
        summed.n_components_known,
        reasons.first_reason,
        reasons.second_reason,
        reasons.third_reason,
        summed.known_weight / nullif(totals.weight, 0) as known_weight_share,
        100 / (1 + exp(-greatest(least(summed.log_odds, 50), -50))) as score
    from summed
    cross join totals
    left join reasons
        on summed.customer_id = reasons.customer_id

)

select * from final
