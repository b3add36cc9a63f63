select
    cast(null as text) as response_id,
    cast(null as text) as customer_id,
    cast(null as text) as survey,
    cast(null as text) as touchpoint,
    cast(null as text) as order_number,
    cast(null as text) as nps_class,
    cast(null as text) as comment,
    cast(null as integer) as nps_score,
    cast(null as integer) as csat_score,
    cast(null as integer) as ces_score,
    cast(null as boolean) as is_satisfied,
    cast(null as boolean) as has_comment,
    cast(null as timestamp with time zone) as answered_at,
    cast(null as date) as answered_date
where false
