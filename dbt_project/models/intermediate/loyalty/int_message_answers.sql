with messages as (

    select * from {{ ref('int_messages_unioned') }}

),

records as (

    select * from {{ ref('int_customer_records') }}

),

offer_words as (

    select * from {{ ref('offer_words') }}

),

campaign_names as (

    select distinct campaign_name from messages
    where campaign_name is not null

),

offers as (

    select distinct campaign_names.campaign_name
    from campaign_names
    inner join offer_words
        on position({{ fold('offer_words.word') }} in {{ fold('campaign_names.campaign_name') }}) > 0

),

-- A message without a campaign is one of its own.
answers as (

    select
        records.customer_id,
        coalesce(messages.campaign_id, messages.campaign_name, messages.message_id) as campaign,
        max(messages.campaign_name) as campaign_name,
        min(messages.occurred_at) as first_at,
        min(messages.occurred_at) filter (where messages.event_type in ('opened', 'clicked')) as answered_at,
        bool_or(messages.event_type = 'bounced') as is_bounced
    from messages
    inner join records
        on messages.customer_record_id = records.source_record_id
    group by 1, 2

),

final as (

    select
        answers.customer_id,
        answers.campaign,
        answers.first_at,
        answers.answered_at,
        offers.campaign_name is not null as is_offer,
        answers.answered_at is not null as is_answered
    from answers
    left join offers
        on answers.campaign_name = offers.campaign_name
    where not answers.is_bounced or answers.answered_at is not null

)

select * from final
