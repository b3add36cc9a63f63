with redemptions as (

    select * from {{ ref('int_coupon_redemptions_dated') }}

),

final as (

    select
        redemption_id,
        customer_id,
        coupon_code,
        campaign_id,
        is_on_order_day,
        redeemed_at,
        redemption_date
    from redemptions

)

select * from final
