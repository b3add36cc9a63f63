select
    cast(null as text) as service_contact_id,
    cast(null as text) as customer_id,
    cast(null as text) as topic,
    cast(null as text) as priority,
    cast(null as text) as channel,
    cast(null as text) as team,
    cast(null as text) as status,
    cast(null as numeric(18, 2)) as hours_to_first_reply,
    cast(null as numeric(18, 2)) as hours_to_close,
    cast(null as boolean) as is_open,
    cast(null as boolean) as is_answered,
    cast(null as timestamp with time zone) as opened_at,
    cast(null as timestamp with time zone) as first_reply_at,
    cast(null as timestamp with time zone) as closed_at,
    cast(null as date) as opened_date
where false
