with

service_contacts as (
    select * from {{ live('service_contacts') }}
    where customer_id is not null
),

lately as (
    select
        customer_id,
        count(*) as n_contacts,
        mode() within group (order by topic) as topic,
        bool_or(is_open) as is_waiting
    from service_contacts
    where opened_date > {{ business_date() }} - {{ var("self_service_days", 90) }}
    group by customer_id
),

final as (
    select
        customer_id,
        cast(n_contacts as text) || ' contacts in {{ var("self_service_days", 90) }} days, mostly about '
        || coalesce(topic, 'nothing that was noted') as reason,
        topic as offer,
        {{ valid_for_days(var("self_service_valid_days", 14)) }} as valid_until
    from lately
    where n_contacts >= {{ var("self_service_min_contacts", 3) }} and not is_waiting
)

select * from final
