{{ config(enabled='mailchimp' in var('vendors')) }}

with members as (

    select * from {{ ref('base_mailchimp__members') }}

),

-- A bounced address, or a contact who never subscribed, has decided nothing.
mailings as (

    select
        'mailchimp:' || listed_as || ':' || member_id as source_record_id,
        'mailchimp:members:' || member_id as customer_record_id,
        'email' as contact_type,
        email as contact_raw,
        'email' as channel,
        case listed_as when 'subscribed' then 'granted' else 'refused' end as status,
        case
            when listed_as = 'subscribed' then 'Subscribed'
            else coalesce('Left ' || campaign_title, 'Unsubscribed')
        end as source,
        status_since as changed_at
    from members
    where listed_as in ('subscribed', 'unsubscribed')

),

-- The state of text messages has no time: a refusal counts from the last change, a yes without its time does not.
text_messages as (

    select
        'mailchimp:sms:' || member_id as source_record_id,
        'mailchimp:members:' || member_id as customer_record_id,
        'phone' as contact_type,
        sms_phone as contact_raw,
        'sms' as channel,
        'refused' as status,
        'Unsubscribed' as source,
        changed_at
    from members
    where sms_status = 'unsubscribed'

),

combined as (

    select * from mailings
    union all
    select * from text_messages

),

final as (

    select
        'mailchimp' as vendor,
        source_record_id,
        customer_record_id,
        contact_type,
        contact_raw,
        channel,
        'marketing' as purpose,
        status,
        source,
        changed_at
    from combined
    where changed_at is not null

)

select * from final
