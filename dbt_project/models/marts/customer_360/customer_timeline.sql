{{ config(materialized='by_key') }}

with orders as (

    select * from {{ of_changed(ref('orders')) }}

),

redemptions as (

    select * from {{ of_changed(ref('coupon_redemptions')) }}

),

service_contacts as (

    select * from {{ of_changed(ref('service_contacts')) }}

),

messages as (

    select * from {{ of_changed(ref('messages')) }}

),

survey_responses as (

    select * from {{ of_changed(ref('survey_responses')) }}

),

reviews as (

    select * from {{ of_changed(ref('reviews')) }}

),

referrals as (

    select * from {{ of_changed(ref('referrals'), 'referrer_customer_id') }}

),

deliveries as (

    select * from {{ of_changed(ref('deliveries')) }}

),

returns as (

    select * from {{ of_changed(ref('returns')) }}

),

checkouts as (

    select * from {{ of_changed(ref('checkouts')) }}

),

loyalty_points as (

    select * from {{ of_changed(ref('loyalty_points')) }}

),

promises as (

    select * from {{ of_changed(ref('promises')) }}

),

memberships as (

    select * from {{ of_changed(ref('memberships')) }}

),

attendances as (

    select * from {{ of_changed(ref('event_attendances')) }}

),

relationship_events as (

    select * from {{ of_changed(ref('int_relationship_events')) }}

),

combined as (

    {{ timeline_events(
        'orders', 'order', 'order_id', 'ordered_at',
        "case when is_cancelled then 'order_cancelled' else 'order_placed' end",
        "case when is_cancelled then 'Order cancelled' else 'Order placed' end",
        ['order_id', 'sales_channel', 'n_items'], amount='total_amount', where='not is_test'
    ) }}

    union all

    {{ timeline_events(
        'redemptions', 'coupon', 'redemption_id', 'redeemed_at', "'coupon_redeemed'", "'Coupon redeemed'",
        ['coupon_code', 'campaign_id']
    ) }}

    union all

    {{ timeline_events(
        'service_contacts', 'service_opened', 'service_contact_id', 'opened_at',
        "'service_contact_opened'", "'Asked service'", ['topic', 'channel', 'priority']
    ) }}

    union all

    {{ timeline_events(
        'service_contacts', 'service_closed', 'service_contact_id', 'closed_at', "'service_contact_closed'",
        "'Service contact closed'", ['topic', 'hours_to_close']
    ) }}

    union all

    -- That a message was delivered says nothing to a reader that the sending did not.
    {{ timeline_events(
        'messages', 'message', 'message_id', 'occurred_at',
        "case when event_type = 'unsubscribed' then event_type else 'message_' || event_type end",
        "initcap(event_type) || ': ' || coalesce(campaign_name, 'a message')",
        ['channel', 'campaign_id'], where="event_type <> 'delivered'"
    ) }}

    union all

    {{ timeline_events(
        'survey_responses', 'survey', 'response_id', 'answered_at', "'survey_answered'", "'Survey answered'",
        ['nps_score', 'csat_score', 'ces_score', 'touchpoint']
    ) }}

    union all

    {{ timeline_events(
        'reviews', 'review', 'review_id', 'reviewed_at', "'review_written'", "'Review written'",
        ['rating', 'product_id', 'product_category', 'order_id']
    ) }}

    union all

    {{ timeline_events(
        'reviews', 'review_reply', 'review_id', 'replied_at', "'review_answered'", "'Review answered by the shop'",
        ['rating', 'product_id']
    ) }}

    union all

    {{ timeline_events(
        'referrals', 'referral', 'referral_id', 'referred_at', "'referral_made'", "'Recommended the shop'",
        ['is_converted', 'is_self_referral', 'reward_due_date'], customer_id='referrer_customer_id'
    ) }}

    union all

    {{ timeline_events(
        'referrals', 'reward', 'referral_id', 'rewarded_at', "'referral_rewarded'", "'Referral rewarded'",
        ['reward_due_date'], amount='reward_amount', customer_id='referrer_customer_id'
    ) }}

    union all

    {{ timeline_events(
        'deliveries', 'shipment', 'delivery_id', 'shipped_at', "'delivery_shipped'", "'Delivery shipped'",
        ['order_id', 'carrier', 'promised_date']
    ) }}

    union all

    {{ timeline_events(
        'deliveries', 'arrival', 'delivery_id', 'delivered_at', "'delivery_arrived'",
        "case when is_late then 'Delivery arrived late' else 'Delivery arrived' end",
        ['order_id', 'carrier', 'promised_date', 'n_days_late']
    ) }}

    union all

    {{ timeline_events(
        'returns', 'return', 'return_id', 'coalesce(requested_at, received_at, refunded_at)',
        "'return_requested'", "'Return requested'", ['order_id', 'product_id', 'reason']
    ) }}

    union all

    {{ timeline_events(
        'returns', 'refund', 'return_id', 'refunded_at', "'return_refunded'", "'Return refunded'",
        ['order_id', 'product_id', 'reason'], amount='refunded_amount'
    ) }}

    union all

    -- A completed checkout is an order.
    {{ timeline_events(
        'checkouts', 'checkout', 'checkout_id', 'started_at', "'checkout_abandoned'", "'Checkout not completed'",
        ['n_items', 'coupon_code'], amount='total_amount', where='not is_completed'
    ) }}

    union all

    -- Vendors have entries of other kinds, too.
    {{ timeline_events(
        'loyalty_points', 'points', 'entry_id', 'occurred_at',
        "'points_' || case when event_type in ('earned', 'redeemed', 'expired') then event_type else 'adjusted' end",
        "'Points ' || event_type", ['points', 'reason', 'order_id', 'expiry_date']
    ) }}

    union all

    {{ timeline_events(
        'promises', 'promise', 'promise_id', 'due_at', "'promise_broken'", "'Promise broken: ' || promise_type",
        ['source_id', 'order_id', 'subject', 'n_hours_late'], where="status = 'broken'"
    ) }}

    union all

    {{ timeline_events(
        'memberships', 'membership', 'membership_id', 'joined_at', "'group_joined'", "'Joined ' || group_name",
        ['group_name', 'group_type']
    ) }}

    union all

    {{ timeline_events(
        'memberships', 'membership_end', 'membership_id', 'left_at', "'group_left'", "'Left ' || group_name",
        ['group_name', 'group_type']
    ) }}

    union all

    {{ timeline_events(
        'attendances', 'event', 'attendance_id', 'occurred_at',
        "case when is_attended then 'event_attended' else 'event_missed' end",
        "case when is_attended then 'Came to ' else 'Did not come to ' end || event_name",
        ['event_name', 'event_type', 'status'], where='is_over'
    ) }}

    union all

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
