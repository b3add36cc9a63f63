with

survey_responses as (
    select * from {{ live('survey_responses') }}
    where nps_score is not null and customer_id is not null
),

latest as (
    select distinct on (customer_id)
        customer_id,
        nps_score,
        nps_class,
        has_comment,
        answered_date
    from survey_responses
    order by customer_id asc, answered_at desc, response_id asc
),

final as (
    select
        customer_id,
        'Gave ' || cast(nps_score as text) || ' of 10 on ' || to_char(answered_date, 'YYYY-MM-DD')
        || ' and wrote why' as reason,
        cast(null as text) as offer,
        {{ end_of_day('answered_date + ' ~ var("conversation_days", 30)) }} as valid_until
    from latest
    where
        nps_class = 'passive'
        and has_comment
        and answered_date > {{ business_date() }} - {{ var("conversation_days", 30) }}
)

select * from final
