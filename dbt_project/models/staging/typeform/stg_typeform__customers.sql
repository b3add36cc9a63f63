{{ config(enabled='typeform' in var('vendors')) }}

with respondents as (

    {{ survey_respondents('typeform') }}

)

select * from respondents
