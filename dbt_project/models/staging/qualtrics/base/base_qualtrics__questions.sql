{{ config(enabled='qualtrics' in var('vendors')) }}

with questions as (

    {{ survey_questions('qualtrics', 'responses', qualtrics_survey('file_name'), known_by_id=true) }}

),

legacy_questions as (

    {{ survey_questions('qualtrics', 'legacy_responses', qualtrics_survey('file_name'), known_by_id=true) }}

),

combined as (

    select * from questions
    union all
    select * from legacy_questions

)

select * from combined
