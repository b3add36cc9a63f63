with contact_rules as (

    select * from {{ ref('contact_rules') }}
    where business is null or business = '{{ var("business") }}'

),

final as (

    select distinct on (channel)
        channel,
        max_messages,
        window_days,
        send_from,
        send_until
    from contact_rules
    order by channel asc, business asc nulls last

)

select * from final
