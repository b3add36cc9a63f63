{{ config(enabled='completejourney' in var('vendors')) }}

with redemptions as (

    select * from {{ ref('base_completejourney__coupon_redemptions') }}

),

-- Only the day is known, in store time: its first instant stands for it.
renamed as (

    select
        'completejourney' as vendor,
        'completejourney:coupon_redemptions:'
        || concat_ws(':', household_id, coupon_upc, campaign_id, redemption_date, repetition) as source_record_id,
        'completejourney:'
        || concat_ws(':', household_id, coupon_upc, campaign_id, redemption_date, repetition) as redemption_id,
        'completejourney:households:' || household_id as customer_record_id,
        coupon_upc as coupon_code,
        campaign_id,
        cast(redemption_date as timestamp without time zone) at time zone 'America/New_York' as redeemed_at
    from redemptions

)

select * from renamed
