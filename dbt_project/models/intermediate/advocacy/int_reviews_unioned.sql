with unioned as (

    {{ union_concept('reviews') }}

)

select * from unioned
