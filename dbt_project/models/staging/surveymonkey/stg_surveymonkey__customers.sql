{{ config(enabled='surveymonkey' in var('vendors')) }}

with respondents as (

    {{ survey_respondents('surveymonkey') }}

)

select * from respondents
