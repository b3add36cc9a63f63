{#-
    A contact is asked again when the same person asks about the same within same_contact_days of its close: the reopening that
    exports show.
-#}
with service_contacts as (

    select * from {{ ref('int_service_contacts_timed') }}

),

final as (

    select
        service_contact_id,
        customer_id,
        team,
        hours_to_first_reply,
        hours_to_close,
        is_answered,
        coalesce(
            lead(opened_at) over about_the_same <= closed_at + interval '{{ var("same_contact_days") }} days', false
        ) and customer_id is not null as is_asked_again,
        coalesce(closed_at + interval '{{ var("same_contact_days") }} days' <= {{ clock() }}, false) as is_followed,
        case when customer_id is not null then lag(team) over of_customer end as team_before,
        opened_at,
        closed_at,
        {{ to_business_date('opened_at') }} as opened_date
    from service_contacts
    window
        about_the_same as (partition by customer_id, topic order by opened_at, service_contact_id),
        of_customer as (partition by customer_id order by opened_at, service_contact_id)

)

select * from final
