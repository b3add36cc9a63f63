with

customers as (
    select * from {{ live('customers') }}
),

reviews as (
    select * from {{ live('reviews') }}
),

latest_reviews as (
    select
        customer_id,
        max({{ to_business_date('reviewed_at') }}) as last_review_date
    from reviews
    where reviewed_at <= {{ clock() }}
    group by customer_id
),

final as (
    select
        customers.customer_id,
        'NPS ' || cast(customers.last_nps_score as text) || ' on ' || to_char(customers.last_nps_date, 'YYYY-MM-DD')
        || ', no review since' as reason,
        cast(null as text) as offer,
        {{ valid_for_days(var("review_request_valid_days", 14)) }} as valid_until
    from customers
    left join latest_reviews
        on customers.customer_id = latest_reviews.customer_id
    where
        customers.last_nps_score >= 9
        and customers.last_nps_date > {{ business_date() }} - {{ var("review_request_window_days", 30) }}
        and coalesce(latest_reviews.last_review_date < customers.last_nps_date, true)
)

select * from final
