{#-
    Survey exports have any questions as columns. These macros make one row per response and question of them, whoever
    the vendor is. A survey vendor's folder has:
      base/base_<vendor>__questions   what its files ask: survey_questions()
      base/base_<vendor>__responses   who answered when, in the same columns for every vendor; perhaps several of them
      stg_<vendor>__customers, stg_<vendor>__survey_answers, stg_<vendor>__employee_answers: a macro each, see
      survey_answers.sql
    The seeds survey_questions and surveys say what questions measure and whom a survey asks; docs/how-to/map-a-survey.md.
-#}

{#- Name of a survey by its file's: without folder, ending, and the date and whatever follows it. -#}
{% macro survey_name(file_name, date_pattern='\\d{4}-\\d{2}-\\d{2}') -%}
    coalesce(
        nullif(
            btrim(
                regexp_replace(
                    regexp_replace({{ file_name }}, '^.*/|(\.[a-z]{1,7})+$', '', 'gi'), '{{ date_pattern }}.*$', ''
                ),
                ' _-+'
            ),
            ''
        ),
        {{ file_name }}
    )
{%- endmacro %}

{#- A header as people read it: without markup and double blanks. -#}
{% macro survey_text(cell) -%}
    nullif(btrim(regexp_replace(regexp_replace({{ cell }}, '<[^<>]*>', ' ', 'g'), '\s+', ' ', 'g')), '')
{%- endmacro %}

{#-
    One row per load and question (and choice) its file asks, with the measure of the first row of the seed
    survey_questions that fits. known_by_id: columns are headed by an id and labelled with the question.
-#}
{% macro survey_questions(vendor, table_name, survey, known_by_id=false) -%}
    with columns as (

        {{ loaded_columns(vendor, table_name) }}

    ),

    headings as (

        select
            load_id,
            extra_key as answer_key,
            {{ survey }} as survey,
            {%- if known_by_id %}
            header as question_id,
            coalesce({{ survey_text('label') }}, extra_key) as question,
            cast(null as text) as choice
            {%- else %}
            cast(null as text) as question_id,
            coalesce({{ survey_text('header') }}, extra_key) as question,
            -- Over a single column of answers stands what kind of answer it is.
            case
                when lower(btrim(label)) not in ('response', 'open-ended response')
                    then {{ survey_text('label') }}
            end as choice
            {%- endif %}
        from columns
        where extra_key is not null

    ),

    declared as (

        select * from {{ ref('survey_questions') }}
        where coalesce(vendor, '{{ vendor }}') = '{{ vendor }}'

    ),

    -- Files ask the same night after night: each question is looked up once.
    asked as (

        select distinct
            survey,
            question_id,
            question,
            choice
        from headings

    ),

    measured as (

        select distinct on (asked.survey, asked.question_id, asked.question, asked.choice)
            asked.*,
            declared.measure
        from asked
        inner join declared
            on
                {{ fits('asked.survey', 'declared.survey_pattern') }}
                and {{ fits('asked.question_id', 'declared.question_id') }}
                and {{ fits("concat_ws(' | ', asked.question, asked.choice)", 'declared.question_pattern') }}
        order by asked.survey, asked.question_id, asked.question, asked.choice, declared.position

    )

    select
        headings.*,
        coalesce(measured.measure, 'other') as measure
    from headings
    left join measured
        on
            headings.survey = measured.survey
            and headings.question = measured.question
            and headings.question_id is not distinct from measured.question_id
            and headings.choice is not distinct from measured.choice
{%- endmacro %}

{#- Whether a pattern (% stands for anything) fits a text, or is left out. -#}
{% macro fits(text, pattern) -%}
    ({{ pattern }} is null or {{ fold(text) }} like {{ fold(pattern) }})
{%- endmacro %}

{#-
    The responses to surveys of an audience, customers or employees: that of the first row of the seed surveys that fits,
    customers where none does. What respondents say of themselves in answers counts where the vendor's own columns are empty.
    tables: the base models, where a vendor exports in several ways; of a response in two of them the later file's counts.
-#}
{% macro survey_responses(vendor, audience, tables) -%}
    {%- set told = ['email', 'phone', 'first_name', 'last_name', 'full_name', 'order_number'] -%}
    with exported as (

        {%- for table in tables %}
        {{ "union all" if not loop.first }}
        select * from {{ ref('base_' ~ vendor ~ '__' ~ table) }}
        {%- endfor %}

    ),

    responses as (

        select distinct on (response_id) *
        from exported
        order by response_id asc, file_date desc, load_id desc

    ),

    questions as (

        select * from {{ ref('base_' ~ vendor ~ '__questions') }}

    ),

    declared as (

        select * from {{ ref('surveys') }}
        where coalesce(vendor, '{{ vendor }}') = '{{ vendor }}'

    ),

    -- Files that ask a question by which a row of the seed tells their survey.
    asking as (

        select distinct
            questions.load_id,
            declared.position
        from questions
        inner join declared
            on {{ fold('questions.question') }} like {{ fold('declared.question_pattern') }}

    ),

    audiences as (

        select distinct on (asked.load_id, asked.collector)
            asked.load_id,
            asked.collector,
            declared.audience
        from (select distinct load_id, survey, collector from responses) as asked
        inner join declared
            on
                {{ fits('asked.survey', 'declared.survey_pattern') }}
                and {{ fits('asked.collector', 'declared.collector') }}
        left join asking
            on asked.load_id = asking.load_id and declared.position = asking.position
        where declared.question_pattern is null or asking.load_id is not null
        order by asked.load_id, asked.collector, declared.position

    ),

    told as (

        select
            asked.response_id,
            {%- for measure in told %}
            max(asked.answer) filter (where asked.measure = '{{ measure }}') as {{ measure }}{{ "," if not loop.last }}
            {%- endfor %}
        from (
            select
                responses.response_id,
                questions.measure,
                nullif({{ survey_answer('responses.answers ->> questions.answer_key') }}, '') as answer
            from responses
            inner join questions
                on responses.load_id = questions.load_id
            where questions.measure in ('{{ told | join("', '") }}')
        ) as asked
        group by asked.response_id

    )

    select
        responses.load_id,
        responses.response_id,
        responses.person_id,
        responses.survey,
        {%- for measure in told %}
        coalesce(responses.{{ measure }}, told.{{ measure }}) as {{ measure }},
        {%- endfor %}
        responses.language,
        responses.answers,
        -- A file without times counts as of its day.
        coalesce(responses.answered_at, {{ to_timestamp_utc('cast(responses.file_date as text)') }}) as answered_at,
        responses.file_date
    from responses
    left join audiences
        on responses.load_id = audiences.load_id and responses.collector is not distinct from audiences.collector
    left join told
        on responses.response_id = told.response_id
    where coalesce(audiences.audience, 'customers') = '{{ audience }}'
{%- endmacro %}

{#- A cell as it was answered: spreadsheets are kept from reading +90… or =… as a formula by an apostrophe before it. -#}
{% macro survey_answer(cell) -%}
    regexp_replace(btrim({{ cell }}), '^''(?=[=+@-])', '')
{%- endmacro %}
