with orders as (

    select * from {{ ref('orders') }}

),

redemptions as (

    select * from {{ ref('coupon_redemptions') }}

),

service_contacts as (

    select * from {{ ref('service_contacts') }}

),

messages as (

    select * from {{ ref('messages') }}

),

survey_responses as (

    select * from {{ ref('survey_responses') }}

),

relationship_events as (

    select * from {{ ref('int_relationship_events') }}

),

order_events as (

    select
        'order:' || order_id as event_id,
        customer_id,
        case when is_cancelled then 'order_cancelled' else 'order_placed' end as event_type,
        case when is_cancelled then 'Order cancelled' else 'Order placed' end as title,
        jsonb_build_object('order_id', order_id, 'sales_channel', sales_channel, 'n_items', n_items) as details,
        total_amount as amount,
        reporting_currency as currency,
        ordered_at as occurred_at
    from orders
    where not is_test

),

redemption_events as (

    select
        'coupon:' || redemption_id as event_id,
        customer_id,
        'coupon_redeemed' as event_type,
        'Coupon redeemed' as title,
        jsonb_build_object('coupon_code', coupon_code, 'campaign_id', campaign_id) as details,
        cast(null as numeric(18, 2)) as amount,
        cast(null as text) as currency,
        redeemed_at as occurred_at
    from redemptions

),

service_openings as (

    select
        'service_opened:' || service_contact_id as event_id,
        customer_id,
        'service_contact_opened' as event_type,
        'Asked service' as title,
        jsonb_build_object('topic', topic, 'channel', channel, 'priority', priority) as details,
        cast(null as numeric(18, 2)) as amount,
        cast(null as text) as currency,
        opened_at as occurred_at
    from service_contacts

),

service_closings as (

    select
        'service_closed:' || service_contact_id as event_id,
        customer_id,
        'service_contact_closed' as event_type,
        'Service contact closed' as title,
        jsonb_build_object('topic', topic, 'hours_to_close', hours_to_close) as details,
        cast(null as numeric(18, 2)) as amount,
        cast(null as text) as currency,
        closed_at as occurred_at
    from service_contacts
    where closed_at is not null

),

-- A delivery says nothing to a reader that the sending did not.
message_events as (

    select
        'message:' || message_id as event_id,
        customer_id,
        case when event_type = 'unsubscribed' then event_type else 'message_' || event_type end as event_type,
        initcap(event_type) || ': ' || coalesce(campaign_name, 'a message') as title,
        jsonb_build_object('channel', channel, 'campaign_id', campaign_id) as details,
        cast(null as numeric(18, 2)) as amount,
        cast(null as text) as currency,
        occurred_at
    from messages
    where event_type <> 'delivered'

),

survey_events as (

    select
        'survey:' || response_id as event_id,
        customer_id,
        'survey_answered' as event_type,
        'Survey answered' as title,
        jsonb_build_object(
            'nps_score', nps_score, 'csat_score', csat_score, 'ces_score', ces_score, 'touchpoint', touchpoint
        ) as details,
        cast(null as numeric(18, 2)) as amount,
        cast(null as text) as currency,
        answered_at as occurred_at
    from survey_responses

),

other_events as (

    select
        event_id,
        customer_id,
        event_type,
        title,
        cast(details as jsonb) as details,
        cast(null as numeric(18, 2)) as amount,
        cast(null as text) as currency,
        occurred_at
    from relationship_events

),

combined as (

    select * from order_events
    union all
    select * from redemption_events
    union all
    select * from service_openings
    union all
    select * from service_closings
    union all
    select * from message_events
    union all
    select * from survey_events
    union all
    select * from other_events

),

final as (

    select
        event_id,
        customer_id,
        event_type,
        title,
        details,
        amount,
        currency,
        occurred_at,
        {{ to_business_date('occurred_at') }} as event_date
    from combined

)

select * from final
