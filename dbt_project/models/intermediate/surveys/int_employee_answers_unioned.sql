with unioned as (

    {{ union_concept('employee_answers') }}

)

select * from unioned
