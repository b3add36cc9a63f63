{#- Hook of every table: without statistics the joins that follow are planned blindly. -#}
{% macro renew_statistics() -%}
    {%- if model.config.materialized != 'view' -%}
    analyze {{ this }}
    {%- endif -%}
{%- endmacro %}
