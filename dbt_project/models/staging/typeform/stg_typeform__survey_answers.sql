{{ config(enabled='typeform' in var('vendors')) }}

with answers as (

    {{ survey_answers('typeform', 'customers') }}

)

select * from answers
