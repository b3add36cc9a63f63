{#-
    Country that a vendor's records are written in: as the business's dialects say, else as the vendor's sources declare
    (export.default_country); null of vendors whose customers come from anywhere.
-#}
{% macro vendor_country(vendor) -%}
    {%- set countries = {} -%}
    {%- if execute -%}
        {#- A unit test's graph has no sources. -#}
        {%- for source in graph.get('sources', {}).values() -%}
            {%- set declared = source.config.meta.get('export', {}).get('default_country') -%}
            {%- if declared -%}
                {%- do countries.update({source.source_name: declared}) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {%- do countries.update(var('vendor_countries')) -%}
    {%- if countries -%}
    case {{ vendor }}
        {%- for name, country in countries | dictsort %}
        when '{{ name }}' then '{{ country }}'
        {%- endfor %}
    end
    {%- else -%}
    cast(null as text)
    {%- endif -%}
{%- endmacro %}

{#-
    Country whose habits of writing a record's point is read by. Of a phone that of the vendor's exports counts first:
    a Danish till writes Danish numbers for guests from anywhere. Of names and addresses the record's own does. An e-mail
    is the same everywhere, and worked on once.
-#}
{% macro point_country(contact_type, vendor, country_code) -%}
    case
        when {{ contact_type }} = 'email' then '{{ var("default_country") }}'
        when {{ contact_type }} = 'phone'
            then coalesce({{ vendor_country(vendor) }}, {{ country_code }}, '{{ var("default_country") }}')
        else coalesce({{ country_code }}, {{ vendor_country(vendor) }}, '{{ var("default_country") }}')
    end
{%- endmacro %}
