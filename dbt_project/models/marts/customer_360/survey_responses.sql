with responses as (

    select * from {{ ref('int_survey_responses_scored') }}

),

final as (

    select
        response_id,
        customer_id,
        survey,
        touchpoint,
        order_number,
        nps_class,
        comment,
        nps_score,
        csat_score,
        ces_score,
        is_satisfied,
        comment is not null as has_comment,
        answered_at,
        {{ to_business_date('answered_at') }} as answered_date
    from responses

)

select * from final
