with service_contacts as (

    select * from {{ ref('int_service_contacts_unioned') }}

),

records as (

    select * from {{ ref('int_customer_records') }}

),

as_of_night as (

    select
        service_contacts.service_contact_id,
        records.customer_id,
        service_contacts.topic,
        service_contacts.priority,
        service_contacts.channel,
        service_contacts.team,
        service_contacts.status,
        service_contacts.message,
        service_contacts.opened_at,
        {{ as_of_night('service_contacts.first_reply_at') }} as first_reply_at,
        {{ as_of_night('service_contacts.closed_at') }} as closed_at
    from service_contacts
    inner join records
        on service_contacts.customer_record_id = records.source_record_id

),

final as (

    select
        *,
        cast(extract(epoch from first_reply_at - opened_at) / 3600 as numeric(18, 2)) as hours_to_first_reply,
        cast(extract(epoch from closed_at - opened_at) / 3600 as numeric(18, 2)) as hours_to_close,
        closed_at is null as is_open,
        first_reply_at is not null as is_answered
    from as_of_night

)

select * from final
