with exchange_rates as (

    select * from {{ ref('exchange_rates') }}

),

-- The seed has a column for each currency, the bank's way.
unpivoted as (

    select
        exchange_rates.date as rate_date,
        upper(rate.currency) as currency,
        1 / cast(rate.units_per_eur as numeric) as eur_per_unit
    from exchange_rates
    cross join lateral jsonb_each_text(to_jsonb(exchange_rates) - 'date') as rate (currency, units_per_eur)
    where
        exchange_rates.date <= {{ business_date() }}
        and rate.units_per_eur ~ '^[0-9.]+$'

),

-- The euro is the pivot: every other rate is quoted against it.
quoted as (

    select * from unpivoted

    union all

    select
        min(date) as rate_date,
        'EUR' as currency,
        1 as eur_per_unit
    from exchange_rates

),

-- Each quote holds until the next one; the newest until the night.
spans as (

    select
        currency,
        eur_per_unit,
        rate_date as quoted_date,
        coalesce(
            lead(rate_date) over (partition by currency order by rate_date) - 1,
            greatest({{ business_date() }}, rate_date)
        ) as until_date
    from quoted

),

daily as (

    select
        spans.currency,
        cast(days.rate_date as date) as rate_date,
        spans.eur_per_unit,
        spans.quoted_date,
        min(spans.quoted_date) over (partition by spans.currency) as first_quoted_date,
        -- The euro needs no quote against itself.
        spans.currency <> 'EUR' and spans.quoted_date < days.rate_date as is_carried_forward
    from spans
    cross join lateral generate_series(spans.quoted_date, spans.until_date, interval '1 day') as days (rate_date)

),

reporting as (

    select
        rate_date,
        eur_per_unit,
        is_carried_forward
    from daily
    where currency = '{{ var("reporting_currency") }}'

),

final as (

    select
        daily.currency,
        daily.rate_date,
        daily.first_quoted_date,
        cast(daily.eur_per_unit / reporting.eur_per_unit as numeric(18, 8)) as exchange_rate,
        daily.is_carried_forward or reporting.is_carried_forward as is_carried_forward
    from daily
    inner join reporting
        on daily.rate_date = reporting.rate_date

)

select * from final
