with unioned as (

    {{ union_concept('consents') }}

)

select * from unioned
