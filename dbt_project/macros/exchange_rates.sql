{#-
    Rows of `relation` with exchange_rate, the reporting currency for one unit of the row's own on the row's day, and
    is_rate_carried_forward, whether that rate is another day's. A day outside the table of rates takes the nearest known
    one; a currency it lacks has no rate. Reads the CTE `rates`, of int_exchange_rates_daily.
-#}
{% macro with_exchange_rate(relation, currency, date) -%}
    select
        {{ relation }}.*,
        case when {{ relation }}.{{ currency }} = '{{ var("reporting_currency") }}' then 1 else rates.exchange_rate end
            as exchange_rate,
        {{ relation }}.{{ currency }} <> '{{ var("reporting_currency") }}'
        and (coalesce(rates.is_carried_forward, false) or {{ relation }}.{{ date }} <> rates.rate_date)
            as is_rate_carried_forward
    from {{ relation }}
    left join (
        select
            currency,
            min(rate_date) as first_rate_date,
            max(rate_date) as last_rate_date
        from rates
        group by currency
    ) as rate_limits
        on
            {{ relation }}.{{ currency }} = rate_limits.currency
            and {{ relation }}.{{ currency }} <> '{{ var("reporting_currency") }}'
    left join rates
        on
            rate_limits.currency = rates.currency
            and rates.rate_date
            = least(greatest({{ relation }}.{{ date }}, rate_limits.first_rate_date), rate_limits.last_rate_date)
{%- endmacro %}
