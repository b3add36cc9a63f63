{{ config(enabled='surveymonkey' in var('vendors')) }}

with answers as (

    {{ survey_answers('surveymonkey', 'customers') }}

)

select * from answers
