select
    cast(null as text) as contact_type,
    cast(null as text) as contact,
    cast(null as text) as channel,
    cast(null as text) as purpose,
    cast(null as text) as customer_id,
    cast(null as text) as status,
    cast(null as text) as source,
    cast(null as timestamp with time zone) as changed_at
where false
