{{ config(enabled='surveymonkey' in var('vendors')) }}

with responses as (

    select * from {{ ref('base_surveymonkey__responses') }}

),

survey_questions as (

    select * from {{ ref('survey_questions') }}

),

-- One row a question answered; the loader keeps questions by their text.
answers as (

    select
        responses.*,
        answer.key as question,
        btrim(answer.value) as answer_text
    from responses
    cross join lateral jsonb_each_text(responses.answers) as answer
    where btrim(answer.value) <> ''

),

-- What a question measures: the first pattern that fits its text.
questions as (

    select distinct on (asked.question)
        asked.question,
        survey_questions.measure
    from (select distinct question from answers) as asked
    left join survey_questions
        on
            asked.question ilike survey_questions.question_pattern
            and survey_questions.vendor = 'surveymonkey'
    order by asked.question, survey_questions.position

),

renamed as (

    select
        'surveymonkey' as vendor,
        'surveymonkey:responses:' || answers.respondent_id || ':' || md5(answers.question) as source_record_id,
        'surveymonkey:' || answers.respondent_id as response_id,
        'surveymonkey:responses:' || answers.respondent_id as customer_record_id,
        answers.collector_id as survey,
        answers.order_number,
        coalesce(questions.measure, 'other') as measure,
        answers.answer_text,
        -- Scales label their ends, as in "10 - Extremely likely": the number leads.
        cast(substring(answers.answer_text from '^\d{1,2}(?=$|\D)') as integer) as answer_number,
        case when questions.measure = 'touchpoint' then lower(answers.answer_text) end as touchpoint,
        answers.answered_at
    from answers
    inner join questions
        on answers.question = questions.question

)

select * from renamed
