with promotion_days as (

    select * from {{ ref('int_promotion_days') }}

),

final as (

    select
        promotion_date,
        promotion_window,
        discount_share_around,
        usual_discount_share,
        is_by_rule,
        is_detected
    from promotion_days

)

select * from final
