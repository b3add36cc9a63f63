{#- Text without an offset, ISO ordered, read as wall-clock time in time_zone; the result is an instant. -#}
{% macro to_timestamp_utc(column, time_zone='UTC') -%}
    cast({{ column }} as timestamp without time zone) at time zone '{{ time_zone }}'
{%- endmacro %}

{#-
    A time that may carry its own offset: by that, else as wall-clock time in time_zone; the result is an instant. Postgres
    drops an offset in silence when it reads a time without one.
-#}
{% macro to_instant(column, time_zone='UTC') -%}
    case
        when {{ column }} ~ '([+-]\d{2}:?\d{2}|Z)$' then cast({{ column }} as timestamp with time zone)
        else {{ to_timestamp_utc(column, time_zone) }}
    end
{%- endmacro %}

{#- 12/31/2026 23:59:59 to 2026-12-31 23:59:59, so that no session setting can swap day and month. -#}
{% macro month_first_to_iso(column) -%}
    regexp_replace({{ column }}, '^(\d{1,2})/(\d{1,2})/(\d{4})', '\3-\1-\2')
{%- endmacro %}

{#- Text to exact money. -#}
{% macro to_decimal(column, type='numeric(18, 2)') -%}
    cast({{ column }} as {{ type }})
{%- endmacro %}

{#- Shopify guards ids, phones and zips from spreadsheets with a leading apostrophe. -#}
{% macro without_apostrophe(column) -%}
    nullif(btrim(ltrim({{ column }}, '''')), '')
{%- endmacro %}

{#- Cells that only hold blanks say nothing. -#}
{% macro blank_to_null(column) -%}
    nullif(btrim({{ column }}), '')
{%- endmacro %}

{#- What programs write for yes: 1, true, yes. -#}
{% macro is_yes(column) -%}
    lower(btrim({{ column }})) in ('1', 'true', 'yes')
{%- endmacro %}
