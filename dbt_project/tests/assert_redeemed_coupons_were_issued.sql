{{ config(severity='warn', enabled='completejourney' in var('vendors')) }}
-- Warns: a redemption of a coupon that was never issued is the till's mistake, not ours.
select redemptions.redemption_id
from {{ ref('stg_completejourney__coupon_redemptions') }} as redemptions
left join {{ ref('stg_completejourney__coupons') }} as coupons
    on
        redemptions.coupon_code = coupons.coupon_code
        and redemptions.campaign_id = coupons.campaign_id
where coupons.coupon_code is null
