{{ config(enabled='typeform' in var('vendors')) }}

with questions as (

    {{ survey_questions('typeform', 'responses', typeform_survey('file_name')) }}

)

select * from questions
