with orders as (

    select * from {{ ref('orders') }}
    where not is_test

),

service_contacts as (

    select * from {{ ref('service_contacts') }}

),

messages as (

    select * from {{ ref('messages') }}
    where event_type not in ('delivered', 'bounced')

),

survey_responses as (

    select * from {{ ref('survey_responses') }}

),

reviews as (

    select * from {{ ref('reviews') }}

),

checkouts as (

    select * from {{ ref('checkouts') }}

),

memberships as (

    select * from {{ ref('memberships') }}

),

attendances as (

    select * from {{ ref('event_attendances') }}
    where is_attended

),

-- Who began it: all but a message sent are the person's own doing.
touches as (

    select
        customer_id,
        coalesce(sales_channel, 'unknown') as channel,
        true as is_own,
        ordered_at as touched_at
    from orders

    union all

    select
        customer_id,
        coalesce(channel, 'unknown') as channel,
        true as is_own,
        opened_at as touched_at
    from service_contacts

    union all

    select
        customer_id,
        channel,
        event_type <> 'sent' as is_own,
        occurred_at as touched_at
    from messages

    union all

    select
        customer_id,
        'survey' as channel,
        true as is_own,
        answered_at as touched_at
    from survey_responses

    union all

    select
        customer_id,
        'review' as channel,
        true as is_own,
        reviewed_at as touched_at
    from reviews

    union all

    select
        customer_id,
        'checkout' as channel,
        true as is_own,
        started_at as touched_at
    from checkouts
    where not is_completed

    union all

    select
        customer_id,
        'community' as channel,
        true as is_own,
        joined_at as touched_at
    from memberships

    union all

    select
        customer_id,
        'event' as channel,
        true as is_own,
        occurred_at as touched_at
    from attendances

),

final as (

    select
        customer_id,
        channel,
        cast(count(*) as integer) as n_touches,
        cast(count(*) filter (where is_own) as integer) as n_own_touches,
        min(touched_at) as first_touch_at,
        max(touched_at) as last_touch_at
    from touches
    group by customer_id, channel

)

select * from final
