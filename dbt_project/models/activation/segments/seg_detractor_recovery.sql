{#-
    A person's newest answer decides: who was unhappy on Monday and content on Thursday needs no recovery.
-#}
with

survey_responses as (
    select * from {{ live('survey_responses') }}
),

scored as (
    select
        customer_id,
        response_id,
        touchpoint,
        nps_score,
        csat_score,
        {{ to_business_date('answered_at') }} as answered_on,
        row_number() over (partition by customer_id order by answered_at desc, response_id desc) as recency_rank
    from survey_responses
    where
        (nps_score is not null or csat_score is not null)
        and answered_at <= {{ clock() }}
),

unhappy as (
    select *
    from scored
    where
        recency_rank = 1
        and (nps_score <= 6 or csat_score <= 2)
        and answered_on > {{ business_date() }} - {{ var("recovery_window_days", 7) }}
),

final as (
    select
        customer_id,
        concat_ws(
            ', ',
            'NPS ' || cast(nps_score as text),
            'CSAT ' || cast(csat_score as text),
            'about ' || touchpoint,
            'answered ' || to_char(answered_on, 'YYYY-MM-DD')
        ) as reason,
        cast(null as text) as offer,
        {{ clock() }} + interval '{{ 24 * var("recovery_valid_days", 3) }} hours' as valid_until
    from unhappy
)

select * from final
