{#-
    Text to an instant. Text with an offset (2025-12-06 10:37:33 -0500, or a Z) says its own zone; text without one is
    read in time_zone. American dates (MM/DD/YYYY) are reordered first, so no session setting can turn them around.
-#}
{% macro to_timestamp_utc(column, time_zone='UTC') -%}
    {%- set iso -%}
        regexp_replace({{ column }}, '^(\d{1,2})/(\d{1,2})/(\d{4})', '\3-\1-\2')
    {%- endset -%}
    case
        when {{ column }} ~ '(Z|[+-]\d{2}:?\d{2})$' and {{ column }} ~ ':'
            then cast({{ iso }} as timestamp with time zone)
        else cast({{ iso }} as timestamp without time zone) at time zone '{{ time_zone }}'
    end
{%- endmacro %}

{#- Text to an exact decimal; decimal_mark ',' reads 1.234,50. -#}
{% macro to_decimal(column, decimal_mark='.', type='numeric(18, 2)') -%}
    {%- if decimal_mark == ',' -%}
        cast(replace(replace({{ column }}, '.', ''), ',', '.') as {{ type }})
    {%- else -%}
        cast({{ column }} as {{ type }})
    {%- endif -%}
{%- endmacro %}

{#- Shopify guards ids, phones and zips from spreadsheets with a leading apostrophe. -#}
{% macro without_apostrophe(column) -%}
    nullif(btrim(ltrim({{ column }}, '''')), '')
{%- endmacro %}
