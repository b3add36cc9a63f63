select
    cast(null as text) as source_record_id,
    cast(null as text) as customer_id,
    cast(null as text) as vendor,
    cast(null as text) as record_type,
    cast(null as text) as evidence,
    cast(null as timestamp with time zone) as first_seen_at
where false
