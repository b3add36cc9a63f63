{#-
    Default deny. Permission belongs to (contact point, channel, purpose) and to the person who gave it there. It does not
    hold while somebody's refusal of that point is as new, nor while the person's own refusal of any point is: that one
    blocks all their points for the channel and purpose, each until the person agrees again there. So somebody else's
    yes lifts nobody's no.
-#}
with decisions as (

    select * from {{ ref('int_consents_resolved') }}
    where contact is not null

),

refused_by_person as (

    select
        customer_id,
        channel,
        purpose,
        max(changed_at) as refused_at
    from decisions
    where status = 'refused'
    group by customer_id, channel, purpose

),

refused_at_point as (

    select
        contact_type,
        contact,
        channel,
        purpose,
        max(changed_at) as refused_at
    from decisions
    where status = 'refused'
    group by contact_type, contact, channel, purpose

),

-- The person's newest decision at the point; of two at the same instant the refusal. A lapsed one is told where there
-- is no other.
latest as (

    select distinct on (customer_id, contact_type, contact, channel, purpose)
        *,
        case when is_lapsed then 'lapsed' else status end as status_in_force
    from decisions
    order by
        customer_id asc, contact_type asc, contact asc, channel asc, purpose asc,
        is_lapsed asc, changed_at desc, status desc, source_record_id desc

),

judged as (

    select
        latest.*,
        case
            when latest.status = 'refused' then 'refused'
            -- At the same instant the refusal counts.
            when latest.changed_at <= greatest(refused_by_person.refused_at, refused_at_point.refused_at) then 'refused'
            when latest.is_lapsed then 'lapsed'
            when latest.is_shared then 'shared_contact'
        end as denial_reason
    from latest
    left join refused_by_person
        on
            latest.customer_id = refused_by_person.customer_id
            and latest.channel = refused_by_person.channel
            and latest.purpose = refused_by_person.purpose
    left join refused_at_point
        on
            latest.contact_type = refused_at_point.contact_type
            and latest.contact = refused_at_point.contact
            and latest.channel = refused_at_point.channel
            and latest.purpose = refused_at_point.purpose

),

final as (

    select
        contact_type,
        contact,
        channel,
        purpose,
        customer_id,
        status_in_force as status,
        denial_reason is null as is_permitted,
        denial_reason,
        source,
        changed_at
    from judged

)

select * from final
