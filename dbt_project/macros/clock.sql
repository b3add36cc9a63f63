{#- The instant this night is computed at, timestamptz. Never now(): a replayed night must give the same tables. -#}
{% macro clock() -%}
    cast('{{ var("clock") }}' as timestamp with time zone)
{%- endmacro %}

{#- The night's business date, date. -#}
{% macro business_date() -%}
    cast('{{ var("business_date") }}' as date)
{%- endmacro %}

{#- The first day after the last month that was over by the night's end, date: the same text all month, so that what is built
    by_key is not built anew each night. -#}
{% macro start_of_month() -%}
    {%- set tomorrow = modules.datetime.date.fromisoformat(var("business_date")) + modules.datetime.timedelta(days=1) -%}
    cast('{{ tomorrow.replace(day=1) }}' as date)
{%- endmacro %}

{#- The calendar day of a UTC instant in the stores' time zone. -#}
{% macro to_business_date(column) -%}
    cast({{ column }} at time zone '{{ var("time_zone") }}' as date)
{%- endmacro %}

{#- An instant, if it has come by the night's clock: what lies after it has not happened, as far as this night can know. -#}
{% macro as_of_night(column) -%}
    case when {{ column }} <= {{ clock() }} then {{ column }} end
{%- endmacro %}

{#- The last instant of a calendar day of the stores: what is done by then is done on that day. -#}
{% macro last_instant_of(day) -%}
    {{ end_of_day(day) }} - interval '1 microsecond'
{%- endmacro %}
