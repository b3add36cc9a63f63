with unioned as (

    {{ union_concept('messages') }}

)

select * from unioned
