with unioned as (

    {{ union_concept('loyalty_points') }}

)

select * from unioned
