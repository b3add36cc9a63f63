with unioned as (

    {{ union_concept('referrals') }}

)

select * from unioned
