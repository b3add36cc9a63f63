with customer_timeline as (

    select * from {{ ref('customer_timeline') }}

),

-- Where nothing has happened yet, the night's own day.
spans as (

    select coalesce(min(event_date), {{ business_date() }}) as first_date
    from customer_timeline

),

-- As timestamps without a time zone: a day of the calendar does not move with the session's time zone.
days as (

    select days.day
    from spans
    cross join
        lateral generate_series(
            cast(spans.first_date as timestamp without time zone),
            cast({{ business_date() }} as timestamp without time zone),
            interval '1 day'
        ) as days (day)

),

final as (

    select
        extract(isodow from day) >= 6 as is_weekend,
        date_trunc('month', day) + interval '1 month' <= {{ business_date() }} + 1 as is_month_over,
        cast(day as date) as day,
        cast(date_trunc('week', day) as date) as week,
        cast(date_trunc('month', day) as date) as month,
        cast(date_trunc('quarter', day) as date) as quarter
    from days

)

select * from final
