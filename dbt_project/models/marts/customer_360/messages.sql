select
    cast(null as text) as message_id,
    cast(null as text) as customer_id,
    cast(null as text) as campaign_id,
    cast(null as text) as campaign_name,
    cast(null as text) as channel,
    cast(null as text) as event_type,
    cast(null as timestamp with time zone) as occurred_at,
    cast(null as date) as occurred_date
where false
