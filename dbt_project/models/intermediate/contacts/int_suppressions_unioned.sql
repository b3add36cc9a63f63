with unioned as (

    {{ union_concept('suppressions') }}

)

select * from unioned
