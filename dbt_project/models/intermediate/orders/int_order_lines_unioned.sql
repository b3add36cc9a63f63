with unioned as (

    {{ union_concept('order_lines') }}

)

select * from unioned
