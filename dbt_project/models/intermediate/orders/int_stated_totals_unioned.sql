with unioned as (

    {{ union_concept('stated_totals') }}

)

select * from unioned
