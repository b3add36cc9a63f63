with totals as (

    select * from {{ ref('int_customer_order_totals') }}

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
        totals.customer_id,
        of_component.*
    from totals
    left join messages
        on totals.customer_id = messages.customer_id
    left join surveys
        on totals.customer_id = surveys.customer_id
    cross join lateral (
        values
        ('dialogue_answer_share', messages.n_others, messages.n_others_answered),
        ('offer_answer_share', messages.n_offers, messages.n_offers_answered),
        -- Who is asked is not in every export: an order is an occasion to be asked.
        ('survey_reply_share', totals.n_orders, least(coalesce(surveys.n_responses, 0), totals.n_orders))
    ) as of_component (component, n, k)

),

final as (

    select
        customer_id,
        component,
        cast(n as double precision) as n,
        cast(k as double precision) as k,
        cast(null as double precision) as value
    from evidence
    where n > 0

)

select * from final
