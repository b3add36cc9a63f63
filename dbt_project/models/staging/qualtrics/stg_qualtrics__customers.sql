{{ config(enabled='qualtrics' in var('vendors')) }}

with respondents as (

    {{ survey_respondents('qualtrics', tables=['responses', 'legacy_responses']) }}

)

select * from respondents
