{{ config(enabled='qualtrics' in var('vendors')) }}

with answers as (

    {{ survey_answers('qualtrics', 'customers', tables=['responses', 'legacy_responses']) }}

)

select * from answers
