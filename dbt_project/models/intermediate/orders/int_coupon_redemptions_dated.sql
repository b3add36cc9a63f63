with redemptions as (

    select * from {{ ref('int_coupon_redemptions_unioned') }}

),

records as (

    select * from {{ ref('int_customer_records') }}

),

orders as (

    select * from {{ ref('int_orders_converted') }}

),

order_days as (

    select distinct
        customer_id,
        order_date
    from orders

),

dated as (

    select
        redemptions.redemption_id,
        records.customer_id,
        redemptions.coupon_code,
        redemptions.campaign_id,
        redemptions.redeemed_at,
        {{ to_business_date('redemptions.redeemed_at') }} as redemption_date
    from redemptions
    inner join records
        on redemptions.customer_record_id = records.source_record_id

),

final as (

    select
        dated.*,
        order_days.customer_id is not null as is_on_order_day
    from dated
    left join order_days
        on
            dated.customer_id = order_days.customer_id
            and dated.redemption_date = order_days.order_date

)

select * from final
