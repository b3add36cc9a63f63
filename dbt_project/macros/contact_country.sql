{#- Country whose habits of writing numbers and addresses a record is read by: its own if known, else the business's. -#}
{% macro contact_country(column) -%}
    coalesce({{ column }}, '{{ var("default_country") }}')
{%- endmacro %}

{#- Country by which one of a record's points is read; an e-mail is the same everywhere, and worked on once. -#}
{% macro point_country(contact_type, contact_country) -%}
    case when {{ contact_type }} = 'email' then '{{ var("default_country") }}' else {{ contact_country }} end
{%- endmacro %}
