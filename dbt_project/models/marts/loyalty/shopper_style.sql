with profiles as (

    select * from {{ ref('int_customer_profiles') }}

),

scores as (

    select * from {{ ref('int_shopper_scores') }}

),

signals as (

    select * from {{ ref('int_shopper_signals') }}

),

incentives as (

    select * from {{ ref('int_customer_incentives') }}

),

joined as (

    select
        profiles.customer_id,
        case
            when incentives.customer_id is null then 'no counted order'
            when
                coalesce(scores.n_components_known, 0) < {{ var('style_min_components') }}
                then 'too few components are known'
        end as missing_reason,
        scores.score,
        scores.first_reason,
        scores.second_reason,
        scores.third_reason,
        coalesce(scores.n_components_known, 0) as n_components_known,
        coalesce(incentives.n_orders, 0) as n_orders,
        coalesce(incentives.n_discounted, 0) as n_discounted_orders,
        coalesce(incentives.n_coupon, 0) as n_coupon_orders,
        coalesce(incentives.n_promotion, 0) as n_promotion_orders,
        {%- for component in shopper_components() %}
            signals.{{ component }},
        {%- endfor %}
        scores.known_weight_share
    from profiles
    left join incentives
        on profiles.customer_id = incentives.customer_id
    left join scores
        on profiles.customer_id = scores.customer_id
    left join signals
        on profiles.customer_id = signals.customer_id

),

final as (

    select
        customer_id,
        case
            when missing_reason is not null then 'unknown'
            when score < {{ var('style_transactional_below') }} then 'transactional'
            when score >= {{ var('style_relational_from') }} then 'relational'
            else 'mixed'
        end as shopper_style,
        missing_reason,
        case when missing_reason is null then first_reason end as first_reason,
        case when missing_reason is null then second_reason end as second_reason,
        case when missing_reason is null then third_reason end as third_reason,
        case when missing_reason is null then cast(round(cast(score as numeric), 1) as numeric(4, 1)) end as score,
        cast(n_orders as integer) as n_orders,
        cast(n_discounted_orders as integer) as n_discounted_orders,
        cast(n_coupon_orders as integer) as n_coupon_orders,
        cast(n_promotion_orders as integer) as n_promotion_orders,
        n_components_known,
        cast(round(cast(known_weight_share as numeric), 3) as numeric(4, 3)) as known_weight_share,
        {%- for component in shopper_components() %}
            cast(round(cast({{ component }} as numeric), 3) as numeric(4, 3)) as {{ component }},
        {%- endfor %}
        n_orders < 2 as is_too_thin
    from joined

)

select * from final
