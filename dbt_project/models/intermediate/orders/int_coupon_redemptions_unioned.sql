with unioned as (

    {{ union_concept('coupon_redemptions') }}

)

select * from unioned
