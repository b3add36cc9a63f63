{#-
    The published table of a mart. Activation reads what analysts see, while the lineage still leads to the model
    that builds it: build_customer_360.customers becomes customer_360.customers.
-#}
{% macro live(model_name) -%}
    {%- set built = ref(model_name) -%}
    {{ built.replace_path(schema=built.schema | replace('build_', '', 1)) }}
{%- endmacro %}
