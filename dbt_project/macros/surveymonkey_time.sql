{#- SurveyMonkey writes 12/31/2026 23:59:59, ISO, or ISO with an offset, by the account's settings; without one, UTC. -#}
{% macro surveymonkey_time(column) -%}
    case
        when {{ column }} ~ 'T.*(Z|[+-]\d{2}:?\d{2})$' then cast({{ column }} as timestamp with time zone)
        else {{ to_timestamp_utc(month_first_to_iso(column)) }}
    end
{%- endmacro %}
