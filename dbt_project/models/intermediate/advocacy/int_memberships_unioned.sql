with unioned as (

    {{ union_concept('memberships') }}

)

select * from unioned
