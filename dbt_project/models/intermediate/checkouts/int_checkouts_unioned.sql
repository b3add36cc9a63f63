with unioned as (

    {{ union_concept('checkouts') }}

)

select * from unioned
