{#-
    Reporting currency for one unit of a currency on a day, or on the nearest day with a rate; null for a currency that has
    none. A subquery: for seeds and other short tables. `rates` is the CTE of int_exchange_rates_daily.
-#}
{% macro nearest_rate(currency, day, rates='rates') -%}
    case
        when {{ currency }} = '{{ var("reporting_currency") }}' then 1
        else (
            select {{ rates }}.exchange_rate
            from {{ rates }}
            where {{ rates }}.currency = {{ currency }}
            order by abs({{ rates }}.rate_date - ({{ day }}))
            limit 1
        )
    end
{%- endmacro %}
