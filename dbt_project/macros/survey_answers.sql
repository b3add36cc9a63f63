{#- Staging of a survey vendor from its base models; macros/surveys.sql says which they are. -#}

{#- Concept survey_answers or employee_answers: one row per response and question (and choice) that was answered. -#}
{% macro survey_answers(vendor, audience, tables=['responses']) -%}
    {%- set is_of_employees = audience == 'employees' -%}
    with responses as (

        {{ survey_responses(vendor, audience, tables) }}

    ),

    questions as (

        select * from {{ ref('base_' ~ vendor ~ '__questions') }}

    ),

    scales as (

        select * from {{ ref('survey_scales') }}

    ),

    answers as (

        select
            responses.*,
            answer.key as answer_key,
            {{ survey_answer('answer.value') }} as answer_text
        from responses
        cross join lateral jsonb_each_text(responses.answers) as answer
        where btrim(answer.value) <> ''

    ),

    asked as (

        select
            answers.*,
            questions.question_id,
            questions.question,
            questions.choice,
            questions.measure
        from answers
        inner join questions
            on answers.load_id = questions.load_id and answers.answer_key = questions.answer_key

    ),

    final as (

        select
            '{{ vendor }}' as vendor,
            '{{ vendor }}:responses:' || asked.response_id || ':' || md5(asked.answer_key) as source_record_id,
            '{{ vendor }}:' || asked.response_id as response_id,
            {%- if not is_of_employees %}
            '{{ vendor }}:responses:' || asked.response_id as customer_record_id,
            {%- endif %}
            asked.survey,
            {%- if not is_of_employees %}
            asked.order_number,
            {%- endif %}
            asked.question_id,
            asked.question,
            asked.choice,
            asked.measure,
            asked.answer_text,
            coalesce(
                scales.answer_number,
                case
                    -- Scales label their ends, as in "10 - Extremely likely": the number leads.
                    when asked.measure in ('nps', 'csat', 'ces', 'promise')
                        then cast(substring(asked.answer_text from '^\d{1,2}(?=$|\D)') as integer)
                    when asked.answer_text ~ '^-?\d{1,9}$' then cast(asked.answer_text as integer)
                end
            ) as answer_number,
            {%- if not is_of_employees %}
            case when asked.measure = 'touchpoint' then lower(asked.answer_text) end as touchpoint,
            {%- endif %}
            asked.answered_at
        from asked
        left join scales
            on
                asked.measure = scales.measure
                and {{ fold('asked.answer_text') }} = {{ fold('scales.answer') }}
        {%- if is_of_employees %}
        -- Who an employee is stays out: their answers are read as a group's.
        where asked.measure not in ('email', 'phone', 'first_name', 'last_name', 'full_name', 'order_number')
        {%- endif %}

    )

    select * from final
{%- endmacro %}

{#- Concept customers: each customer's response is a respondent of its own until identity joins them. -#}
{% macro survey_respondents(vendor, tables=['responses']) -%}
    with responses as (

        {{ survey_responses(vendor, 'customers', tables) }}

    ),

    final as (

        select
            '{{ vendor }}' as vendor,
            '{{ vendor }}:responses:' || response_id as source_record_id,
            'respondent' as record_type,
            '{{ vendor }}:' || coalesce(person_id, response_id) as external_id,
            email as email_raw,
            phone as phone_raw,
            cast(null as text) as phone_2_raw,
            first_name as first_name_raw,
            last_name as last_name_raw,
            full_name as full_name_raw,
            cast(null as date) as birth_date,
            language,
            cast(null as text) as street_address,
            cast(null as text) as city,
            cast(null as text) as postal_code,
            cast(null as text) as country_code,
            answered_at as created_at,
            answered_at as updated_at,
            file_date,
            file_date as first_file_date,
            cast(null as date) as closed_on
        from responses

    )

    select * from final
{%- endmacro %}
