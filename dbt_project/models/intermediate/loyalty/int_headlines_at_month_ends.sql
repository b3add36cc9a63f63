with headlines as (

    select * from {{ ref('stg_headlines__customer_headlines') }}

),

spans as (

    select
        *,
        coalesce(
            lead(since_date) over (partition by customer_id order by since_date), {{ business_date() }}
        ) as until_date
    from headlines

),

-- A span sees the ends of months from its first day to the day before the next span.
final as (

    select
        spans.customer_id,
        cast(months.month as date) as month,
        spans.shopper_style,
        spans.loyalty_class
    from spans
    cross join
        lateral generate_series(
            date_trunc('month', cast(spans.since_date as timestamp without time zone)),
            cast(spans.until_date as timestamp without time zone) - interval '1 month',
            interval '1 month'
        ) as months (month)
    where spans.shopper_style is not null

)

select * from final
