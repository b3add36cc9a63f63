{{ config(enabled='completejourney' in var('vendors')) }}

with source as (

    {{ loaded(source('completejourney', 'coupon_redemptions'), newest_only=true) }}

),

renamed as (

    select
        household_id,
        coupon_upc,
        campaign_id,
        cast(redemption_date as date) as redemption_date,
        file_date,
        -- The same coupon can be redeemed twice on a day, and both count.
        row_number() over (
            partition by household_id, coupon_upc, campaign_id, redemption_date order by _row_number
        ) as repetition
    from source

)

select * from renamed
