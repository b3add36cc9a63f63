{#- Text as the door stores times: with an offset as written it is an instant, without one wall-clock time in time_zone. -#}
{% macro to_timestamp_utc(column, time_zone='UTC') -%}
    case
        when {{ column }} ~ ':\d{2}(\.\d+)? ?(Z|[+-]\d{2}(:?\d{2})?)$' then cast({{ column }} as timestamp with time zone)
        else cast({{ column }} as timestamp without time zone) at time zone '{{ time_zone }}'
    end
{%- endmacro %}

{#- Text to exact money. -#}
{% macro to_decimal(column, type='numeric(18, 2)') -%}
    cast({{ column }} as {{ type }})
{%- endmacro %}

{#- Ids, phones and zips are guarded from spreadsheets: by a leading apostrophe (Shopify), or as ="0123" (people). -#}
{% macro without_apostrophe(column) -%}
    nullif(btrim(regexp_replace({{ column }}, '^\s*(?:="([^"]*)"|''+(.*))\s*$', '\1\2')), '')
{%- endmacro %}

{#- Cells that only hold blanks say nothing. -#}
{% macro blank_to_null(column) -%}
    nullif(btrim({{ column }}), '')
{%- endmacro %}

{#- What programs write for yes: 1, true, yes. -#}
{% macro is_yes(column) -%}
    lower(btrim({{ column }})) in ('1', 'true', 'yes')
{%- endmacro %}
