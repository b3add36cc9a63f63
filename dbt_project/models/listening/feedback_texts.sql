{#- What people wrote, wherever they wrote it, one row a text. -#}
with survey_responses as (

    select * from {{ ref('survey_responses') }}
    where comment is not null

),

reviews as (

    select * from {{ ref('reviews') }}

),

returns as (

    select * from {{ ref('returns') }}
    where comment is not null

),

service_contacts as (

    select * from {{ ref('service_contacts') }}
    where message is not null

),

texts as (

    select
        'survey:' || response_id as text_id,
        customer_id,
        'survey' as source_type,
        response_id as source_id,
        cast(null as text) as product_id,
        comment as body,
        case
            when nps_score >= 9 or csat_score >= 4 then 1
            when {{ is_low_score() }} then -1
            else 0
        end as given_polarity,
        answered_date as written_date
    from survey_responses

    union all

    select
        'review:' || review_id as text_id,
        customer_id,
        'review' as source_type,
        review_id as source_id,
        product_id,
        concat_ws('. ', title, review_text) as body,
        case
            when rating >= {{ var('positive_rating_from') }} then 1
            when rating < {{ var('low_rating_below') }} then -1
            else 0
        end as given_polarity,
        review_date as written_date
    from reviews
    where coalesce(title, review_text) is not null

    union all

    select
        'return:' || return_id as text_id,
        customer_id,
        'return' as source_type,
        return_id as source_id,
        product_id,
        comment as body,
        -1 as given_polarity,
        return_date as written_date
    from returns

    union all

    select
        'service:' || service_contact_id as text_id,
        customer_id,
        'service' as source_type,
        service_contact_id as source_id,
        cast(null as text) as product_id,
        message as body,
        0 as given_polarity,
        opened_date as written_date
    from service_contacts

)

select * from texts
