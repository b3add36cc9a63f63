{{ config(enabled='salesforce' in var('vendors')) }}

with contacts as (

    select * from {{ ref('base_salesforce__contacts') }}

),

-- A box that is ticked refuses, one that is not says nothing: no permission ever comes from here. When it was ticked is
-- not exported; the last change of the contact is the latest it can have been.
boxes as (

    select
        contacts.contact_id,
        boxes.channel,
        boxes.contact_type,
        boxes.contact_raw,
        boxes.source,
        boxes.is_ticked,
        coalesce(contacts.updated_at, cast(contacts.file_date as timestamp) at time zone 'UTC') as changed_at
    from contacts
    cross join lateral (
        values
        ('email', 'email', contacts.email, 'Email Opt Out', contacts.is_email_refused),
        ('phone', 'phone', coalesce(contacts.mobile_phone, contacts.phone), 'Do Not Call', contacts.is_phone_refused)
    ) as boxes (channel, contact_type, contact_raw, source, is_ticked)

),

final as (

    select
        'salesforce' as vendor,
        'salesforce:' || channel || ':' || contact_id as source_record_id,
        'salesforce:contacts:' || contact_id as customer_record_id,
        contact_type,
        contact_raw,
        channel,
        'marketing' as purpose,
        'refused' as status,
        source,
        changed_at
    from boxes
    where is_ticked

)

select * from final
