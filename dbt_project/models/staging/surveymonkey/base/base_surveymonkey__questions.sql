{{ config(enabled='surveymonkey' in var('vendors')) }}

with questions as (

    {{ survey_questions('surveymonkey', 'responses', survey_name('file_name')) }}

)

select * from questions
