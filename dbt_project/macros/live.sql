{#-
    The published table of a mart. Activation reads what analysts see, while the lineage still leads to the model
    that builds it: build_customer_360.customers becomes customer_360.customers. A replay reads what it built itself,
    because the live tables may be a later night's; a unit test's given rows have no schema and stay as they are.
-#}
{% macro live(model_name) -%}
    {%- set built = ref(model_name) -%}
    {%- if built.schema and var('activation_reads_live') -%}
        {{ built.replace_path(schema=built.schema | replace('build_', '', 1)) }}
    {%- else -%}
        {{ built }}
    {%- endif -%}
{%- endmacro %}
