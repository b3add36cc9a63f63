{{ config(enabled='mailchimp' in var('vendors')) }}

with members as (

    select * from {{ ref('base_mailchimp__members') }}

),

opens as (

    select
        *,
        'opened' as event_type
    from {{ ref('base_mailchimp__opens') }}

),

clicks as (

    select
        *,
        'clicked' as event_type
    from {{ ref('base_mailchimp__clicks') }}

),

activity as (

    select * from opens
    union all
    select * from clicks

),

-- Events name an address; several members of several audiences may have it.
members_by_email as (

    select
        lower(email) as email,
        min(member_id) as member_id
    from members
    group by lower(email)

),

followed as (

    select
        'mailchimp:' || activity.event_type || ':'
        || md5(
            concat_ws(
                '|',
                activity.campaign_id,
                lower(activity.email),
                activity.url,
                activity.occurred_at at time zone 'UTC'
            )
        ) as source_record_id,
        coalesce(
            'mailchimp:members:' || members_by_email.member_id, 'mailchimp:addresses:' || md5(lower(activity.email))
        ) as customer_record_id,
        activity.campaign_id,
        activity.campaign_name,
        activity.event_type,
        activity.occurred_at
    from activity
    left join members_by_email
        on lower(activity.email) = members_by_email.email

),

-- The audience tells which campaign a member left through, and which one bounced.
parted as (

    select
        'mailchimp:' || listed_as || ':' || member_id as source_record_id,
        'mailchimp:members:' || member_id as customer_record_id,
        campaign_id,
        campaign_title as campaign_name,
        case listed_as when 'cleaned' then 'bounced' else 'unsubscribed' end as event_type,
        status_since as occurred_at
    from members
    where campaign_id is not null and status_since is not null

),

combined as (

    select * from followed
    union all
    select * from parted

),

final as (

    select
        'mailchimp' as vendor,
        source_record_id,
        source_record_id as message_id,
        customer_record_id,
        campaign_id,
        campaign_name,
        'email' as channel,
        event_type,
        occurred_at
    from combined

)

select * from final
