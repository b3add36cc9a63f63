{#- Given names of a whole name in its normal form, `SURNAME, GIVEN NAMES`; a single word is taken for one. -#}
{% macro given_names(whole_name) -%}
    regexp_replace({{ whole_name }}, '^.*, ', '')
{%- endmacro %}

{#- Surname of a whole name in its normal form; null of a single word. -#}
{% macro surname(whole_name) -%}
    substring({{ whole_name }} from '^(.*), ')
{%- endmacro %}
