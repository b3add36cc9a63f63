{#- Currency of a vendor's amounts that name none: as the business's dialects say, else what it reports in. -#}
{% macro vendor_currency(vendor) -%}
    cast('{{ var("vendor_currencies").get(vendor, var("reporting_currency")) }}' as text)
{%- endmacro %}

{#- Zone of a vendor's times without an offset: as the business's dialects say, else its own. -#}
{% macro vendor_time_zone(vendor) -%}
    '{{ var("vendor_time_zones").get(vendor, var("time_zone")) }}'
{%- endmacro %}

{#- An instant from the text of a time; one without an offset is wall-clock time of the business, or as its dialects say. -#}
{% macro vendor_instant(column, vendor) -%}
    {{ to_timestamp_utc(column, var("vendor_time_zones").get(vendor, var("time_zone"))) }}
{%- endmacro %}
