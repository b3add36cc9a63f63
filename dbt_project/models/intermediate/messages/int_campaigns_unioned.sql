with unioned as (

    {{ union_concept('campaigns') }}

)

select * from unioned
