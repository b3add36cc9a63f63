{#- How a country's name is looked up in the seed country_names; a dotted capital I must not become i plus a dot. -#}
{% macro country_key(column) -%}
    lower(translate(btrim({{ column }}), 'İI', 'ii'))
{%- endmacro %}
