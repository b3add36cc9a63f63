{{ config(enabled='klaviyo' in var('vendors')) }}

with profiles as (

    select * from {{ ref('base_klaviyo__profiles') }}

),

decisions as (

    select
        profiles.profile_id,
        decided.channel,
        decided.contact_type,
        decided.contact_raw,
        decided.consent,
        profiles.source_name,
        -- A yes without its time is none. A no without one counts from the day it was seen.
        case
            when decided.consent = 'SUBSCRIBED' then decided.decided_at
            else coalesce(decided.decided_at, cast(profiles.file_date as timestamp) at time zone 'UTC')
        end as changed_at
    from profiles
    cross join lateral (
        values
        ('email', 'email', profiles.email, profiles.email_consent, profiles.email_consent_at),
        ('sms', 'phone', profiles.phone, profiles.sms_consent, profiles.sms_consent_at)
    ) as decided (channel, contact_type, contact_raw, consent, decided_at)

),

final as (

    select
        'klaviyo' as vendor,
        'klaviyo:' || channel || ':' || profile_id as source_record_id,
        'klaviyo:profiles:' || profile_id as customer_record_id,
        contact_type,
        contact_raw,
        channel,
        'marketing' as purpose,
        case consent when 'SUBSCRIBED' then 'granted' else 'refused' end as status,
        source_name as source,
        changed_at
    from decisions
    where consent in ('SUBSCRIBED', 'UNSUBSCRIBED') and changed_at is not null

)

select * from final
