with unioned as (

    {{ union_concept('deliveries') }}

)

select * from unioned
