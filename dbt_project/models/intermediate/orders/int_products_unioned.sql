with unioned as (

    {{ union_concept('products') }}

)

select * from unioned
