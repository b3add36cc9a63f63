select
    cast(null as text) as event_id,
    cast(null as text) as customer_id,
    cast(null as text) as event_type,
    cast(null as text) as title,
    cast(null as jsonb) as details,
    cast(null as numeric(18, 2)) as amount,
    cast(null as text) as currency,
    cast(null as timestamp with time zone) as occurred_at,
    cast(null as date) as event_date
where false
