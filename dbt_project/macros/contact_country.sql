{#- Country whose dialling habits a phone is read by: the person's own if known, else the business's. -#}
{% macro contact_country(column) -%}
    coalesce({{ column }}, '{{ var("default_country") }}')
{%- endmacro %}
