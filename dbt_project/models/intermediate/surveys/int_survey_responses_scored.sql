with answers as (

    select * from {{ ref('int_survey_answers_unioned') }}

),

records as (

    select * from {{ ref('int_customer_records') }}

),

-- Answers off the scale are typing, not opinions.
on_scale as (

    select
        *,
        case
            when measure = 'nps' then answer_number between 0 and 10
            when measure = 'csat' then answer_number between 1 and 5
            when measure = 'ces' then answer_number between 1 and 7
        end as is_on_scale
    from answers

),

responses as (

    select
        response_id,
        min(customer_record_id) as customer_record_id,
        min(survey) as survey,
        min(order_number) as order_number,
        max(touchpoint) as touchpoint,
        max(answer_number) filter (where measure = 'nps' and is_on_scale) as nps_score,
        max(answer_number) filter (where measure = 'csat' and is_on_scale) as csat_score,
        max(answer_number) filter (where measure = 'ces' and is_on_scale) as ces_score,
        string_agg(answer_text, ' / ' order by source_record_id) filter (where measure = 'text') as comment,
        max(answered_at) as answered_at
    from on_scale
    group by response_id

),

final as (

    select
        responses.response_id,
        records.customer_id,
        responses.survey,
        responses.order_number,
        responses.touchpoint,
        responses.comment,
        responses.nps_score,
        responses.csat_score,
        responses.ces_score,
        responses.answered_at,
        case
            when responses.nps_score >= 9 then 'promoter'
            when responses.nps_score >= 7 then 'passive'
            when responses.nps_score >= 0 then 'detractor'
        end as nps_class,
        responses.csat_score >= 4 as is_satisfied
    from responses
    inner join records
        on responses.customer_record_id = records.source_record_id

)

select * from final
