-- Off a scale is typing once, and a wrong row of the seed survey_questions when it is one answer in twenty: a question
-- answered from 1 to 10 that was taken for one from 1 to 5.
{{ config(severity='warn') }}

with answers as (

    select * from {{ ref('int_survey_answers_unioned') }}

),

questions as (

    select
        vendor,
        survey,
        question,
        choice,
        measure,
        count(*) as n_answers,
        count(*) filter (
            where answer_number not between
            case measure when 'nps' then 0 else 1 end
            and case measure when 'nps' then 10 when 'ces' then 7 else 5 end
        ) as n_off_scale
    from answers
    where measure in ('nps', 'csat', 'ces', 'promise')
    group by vendor, survey, question, choice, measure

),

final as (

    select * from questions
    where n_off_scale > 0.05 * n_answers

)

select * from final
