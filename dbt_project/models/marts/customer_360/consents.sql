{#-
    Every decision that any source recorded, with the stretch of time in which it was the person's newest at that point, for
    that channel and purpose. What follows from all of them together is contact_permissions; what was known of them on an
    earlier night is kept by publishing (history.consents).
-#}
with decisions as (

    select * from {{ ref('int_consents_resolved') }}

),

-- Of two at the same instant the refusal counts.
followed as (

    select
        *,
        lead(changed_at) over (
            partition by customer_id, contact_type, contact, channel, purpose
            order by changed_at asc, status asc, source_record_id asc
        ) as decided_anew_at
    from decisions

),

final as (

    select
        source_record_id as decision_id,
        customer_id,
        contact_type,
        contact,
        channel,
        purpose,
        status,
        source,
        is_shared,
        is_lapsed,
        changed_at as valid_from,
        -- Points that cannot be read may be different ones.
        case when contact is not null then decided_anew_at end as valid_until
    from followed

)

select * from final
