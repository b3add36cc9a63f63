{#-
    The vendors become one here. A concept (orders, messages, ...) is fed by the staging models named
    stg_<vendor>__<concept>, of every vendor the business enables. A new vendor's models are found by that name, so no
    list has to be edited. dbt must know the references while it parses, before it has a graph: hence the look at the
    project's files.
-#}
{% macro concept_models(concept) %}
    {%- set found = [] -%}
    {%- for vendor in var('vendors') -%}
        {%- set name = 'stg_' ~ vendor ~ '__' ~ concept -%}
        {%- set wanted = 'models/staging/' ~ vendor ~ '/' ~ name ~ '.sql' -%}
        {%- for file_id in ref.manifest.files if file_id.endswith(wanted) -%}
            {%- do found.append(ref(name)) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{% endmacro %}

{#-
    Union of a concept's staging models, cast to the columns that the calling model's yml declares. A concept that no
    enabled vendor feeds gives no rows: a business without surveys has an empty history of surveys, not an error.
-#}
{% macro union_concept(concept) %}
    {%- set sources = concept_models(concept) -%}
    {%- if execute and not model.columns -%}
        {{ exceptions.raise_compiler_error(model.name ~ " must declare its columns and data types in yml") }}
    {%- endif -%}
    {%- for source_model in sources %}
        {%- if not loop.first %}
    union all
        {%- endif %}
    select
        {%- for column in model.columns.values() %}
        cast({{ column.name }} as {{ column.data_type }}) as {{ column.name }}{{ "," if not loop.last }}
        {%- endfor %}
    from {{ source_model }}
    {%- else %}
    select
        {%- for column in model.columns.values() %}
        cast(null as {{ column.data_type }}) as {{ column.name }}{{ "," if not loop.last }}
        {%- endfor %}
    where false
    {%- endfor %}
{% endmacro %}
