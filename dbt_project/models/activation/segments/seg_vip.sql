with

customer_value as (
    select * from {{ live('customer_value') }}
),

final as (
    select
        customer_id,
        'Champion: recency ' || recency_score || ', frequency ' || frequency_score || ', money ' || monetary_score
            as reason,
        cast(null as text) as offer,
        {{ clock() }} + interval '{{ 24 * var("vip_valid_days", 14) }} hours' as valid_until
    from customer_value
    where
        rfm_segment = 'champions'
        and monetary_score >= {{ var("vip_min_monetary_score", 4) }}
)

select * from final
