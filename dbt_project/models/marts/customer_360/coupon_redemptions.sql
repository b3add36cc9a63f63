select
    cast(null as text) as redemption_id,
    cast(null as text) as customer_id,
    cast(null as text) as coupon_code,
    cast(null as text) as campaign_id,
    cast(null as boolean) as is_on_order_day,
    cast(null as timestamp with time zone) as redeemed_at,
    cast(null as date) as redemption_date
where false
