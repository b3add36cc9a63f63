with

customer_value as (
    select * from {{ live('customer_value') }}
),

final as (
    select
        customer_id,
        'Next order expected about ' || to_char(next_order_date, 'YYYY-MM-DD') || ', last one on '
        || to_char(last_order_date, 'YYYY-MM-DD') as reason,
        cast(null as text) as offer,
        {{ end_of_day('next_order_date') }} as valid_until
    from customer_value
    where
        next_order_date > {{ business_date() }}
        and next_order_date <= {{ business_date() }} + {{ var("next_order_window_days", 7) }}
        and probability_alive >= {{ var("next_order_min_probability", 0.5) }}
)

select * from final
