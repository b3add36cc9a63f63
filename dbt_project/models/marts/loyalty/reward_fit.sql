with hurts as (

    select * from {{ ref('int_customer_hurts') }}

),

preferences as (

    select * from {{ ref('preferences') }}

),

classes as (

    select * from {{ ref('loyalty_class') }}

),

rewards as (

    select * from {{ ref('rewards') }}

),

liked as (

    select
        customer_id,
        min(preference) filter (where preference_kind = 'category') as favourite_category,
        min(preference) filter (where preference_kind = 'perk') as favourite_perk,
        min(preference) filter (where preference_kind = 'sales_channel') as favourite_sales_channel
    from preferences
    where place = 1 and known_by = 'shown'
    group by customer_id

),

told as (

    select
        hurts.customer_id,
        hurts.n_orders,
        coalesce(classes.loyalty_class_name, 'no_repeat') as loyalty_class_name,
        hurts.money_rank,
        hurts.time_rank,
        hurts.coupon_share,
        hurts.discount_share,
        hurts.marked_down_share,
        hurts.cheapness,
        hurts.paid_delivery_share,
        hurts.one_stop_share,
        hurts.asked_when_share,
        case
            when hurts.money_rank is null or hurts.time_rank is null then 'unknown'
            when
                hurts.money_rank >= {{ var('hurt_min_rank') }}
                and hurts.money_rank - hurts.time_rank >= {{ var('hurt_min_difference') }}
                then 'money'
            when
                hurts.time_rank >= {{ var('hurt_min_rank') }}
                and hurts.time_rank - hurts.money_rank >= {{ var('hurt_min_difference') }}
                then 'time'
            else 'neither'
        end as short_of
    from hurts
    left join classes
        on hurts.customer_id = classes.customer_id

),

final as (

    select
        told.customer_id,
        told.short_of,
        case
            when told.money_rank is null then 'no sign of money tells buyers apart'
            when told.time_rank is null then 'no sign of time tells buyers apart'
        end as missing_reason,
        coalesce(of_class.reward, of_any.reward) as reward,
        coalesce(of_class.why, of_any.why) as reward_reason,
        liked.favourite_category,
        liked.favourite_perk,
        liked.favourite_sales_channel,
        told.loyalty_class_name,
        cast(told.n_orders as integer) as n_orders,
        {%- for measure in [
            'money_rank', 'time_rank', 'coupon_share', 'discount_share', 'marked_down_share', 'cheapness',
            'paid_delivery_share', 'one_stop_share', 'asked_when_share',
        ] %}
            cast(round(cast(told.{{ measure }} as numeric), 3) as numeric(4, 3)) as {{ measure }},
        {%- endfor %}
        told.n_orders < {{ var('preference_min_occasions') }} as is_too_thin
    from told
    left join liked
        on told.customer_id = liked.customer_id
    left join rewards as of_class
        on
            told.short_of = of_class.short_of
            and told.loyalty_class_name = of_class.loyalty_class_name
    left join rewards as of_any
        on
            told.short_of = of_any.short_of
            and of_any.loyalty_class_name = 'any'

)

select * from final
