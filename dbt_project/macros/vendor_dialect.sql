{#- Currency of a vendor's amounts that name none: as the business's dialects say, else what it reports in. -#}
{% macro vendor_currency(vendor) -%}
    cast('{{ var("vendor_currencies").get(vendor, var("reporting_currency")) }}' as text)
{%- endmacro %}

{#- An instant from the text of a time; one without an offset is wall-clock time of the business, or as its dialects say. -#}
{% macro vendor_instant(column, vendor) -%}
    case
        when {{ column }} ~ '([+-]\d\d:?\d\d|Z)$' then cast({{ column }} as timestamp with time zone)
        else
            cast({{ column }} as timestamp without time zone)
            at time zone '{{ var("vendor_time_zones").get(vendor, var("time_zone")) }}'
    end
{%- endmacro %}
