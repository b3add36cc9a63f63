with responses as (

    select * from {{ ref('int_survey_responses_scored') }}

),

service_contacts as (

    select * from {{ ref('int_service_contacts_timed') }}

),

asked as (

    select
        {{ to_business_date('answered_at') }} as day,
        of_measure.*
    from responses
    cross join
        lateral (
            values
            (
                'product_satisfaction',
                case when responses.touchpoint = 'product' then cast(responses.is_satisfied as integer) end,
                case when responses.touchpoint = 'product' and responses.csat_score is not null then 1 end
            ),
            (
                'service_satisfaction',
                case when responses.touchpoint = 'service' then cast(responses.is_satisfied as integer) end,
                case when responses.touchpoint = 'service' and responses.csat_score is not null then 1 end
            ),
            (
                'promoter_share',
                cast(responses.nps_class = 'promoter' as integer),
                case when responses.nps_score is not null then 1 end
            ),
            ('ease', responses.ces_score, case when responses.ces_score is not null then 1 end)
        ) as of_measure (measure, part, whole)

    union all

    select
        {{ to_business_date('opened_at') }} as day,
        of_measure.*
    from service_contacts
    cross join lateral (
        values
        ('answered_share', cast(service_contacts.is_answered as integer), 1),
        ('answered_in_a_day_share', cast(coalesce(service_contacts.hours_to_first_reply <= 24, false) as integer), 1)
    ) as of_measure (measure, part, whole)

),

final as (

    select
        measure,
        cast(date_trunc('month', cast(day as timestamp without time zone)) as date) as month,
        sum(part) as part,
        sum(whole) as whole
    from asked
    where whole is not null
    group by 1, 2

)

select * from final
