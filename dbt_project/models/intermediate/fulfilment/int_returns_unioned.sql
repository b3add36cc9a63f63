with unioned as (

    {{ union_concept('returns') }}

)

select * from unioned
