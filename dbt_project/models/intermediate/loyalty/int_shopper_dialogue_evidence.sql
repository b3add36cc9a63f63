with considerations as (

    select * from {{ ref('int_shopper_considerations') }}

),

answers as (

    select * from {{ ref('int_message_answers') }}

),

responses as (

    select * from {{ ref('int_survey_responses_scored') }}

),

messages as (

    select
        customer_id,
        count(*) filter (where is_offer) as n_offers,
        count(*) filter (where is_offer and is_answered) as n_offers_answered,
        count(*) filter (where not is_offer) as n_others,
        count(*) filter (where not is_offer and is_answered) as n_others_answered
    from answers
    group by customer_id

),

surveys as (

    select
        customer_id,
        count(*) as n_responses
    from responses
    group by customer_id

),

evidence as (

    select
        considerations.customer_id,
        of_component.*
    from considerations
    left join messages
        on considerations.customer_id = messages.customer_id
    left join surveys
        on considerations.customer_id = surveys.customer_id
    cross join lateral (
        values
        (
            'consideration_days',
            cast(null as bigint),
            cast(null as bigint),
            cast(considerations.consideration_days as double precision)
        ),
        ('touches_before_order', null, null, considerations.n_touches),
        ('questions_before_order', null, null, considerations.n_questions),
        ('dialogue_answer_share', messages.n_others, messages.n_others_answered, null),
        ('offer_answer_share', messages.n_offers, messages.n_offers_answered, null),
        -- Who is asked is not in every export: an order is an occasion to be asked.
        (
            'survey_reply_share',
            considerations.n_orders,
            least(coalesce(surveys.n_responses, 0), considerations.n_orders),
            null
        )
    ) as of_component (component, n, k, value)

),

final as (

    select
        customer_id,
        component,
        cast(n as double precision) as n,
        cast(coalesce(k, 0) as double precision) as k,
        value
    from evidence
    where n > 0 or value is not null

)

select * from final
