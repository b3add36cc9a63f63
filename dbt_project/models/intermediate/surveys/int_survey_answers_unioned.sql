with unioned as (

    {{ union_concept('survey_answers') }}

)

select * from unioned
