with service_contacts as (

    select * from {{ ref('int_service_contacts_timed') }}

),

final as (

    select
        service_contact_id,
        customer_id,
        topic,
        priority,
        channel,
        team,
        status,
        message,
        hours_to_first_reply,
        hours_to_close,
        is_open,
        is_answered,
        opened_at,
        first_reply_at,
        closed_at,
        {{ to_business_date('opened_at') }} as opened_date
    from service_contacts

)

select * from final
