{#-
    The vendors become one here. A concept (orders, messages, ...) is fed by the staging models named
    stg_<vendor>__<concept>, of every vendor the business enables: a new vendor's models are found by that name, and no
    list has to be edited. dbt must know the references while it still parses, when it has no graph yet: hence the look
    at the project's files.
-#}
{% macro concept_models(concept) %}
    {%- set found = [] -%}
    {%- for vendor in var('vendors') -%}
        {%- set name = 'stg_' ~ vendor ~ '__' ~ concept -%}
        {%- if execute -%}
            {%- set known = 'model.' ~ project_name ~ '.' ~ name in graph.nodes -%}
        {%- else -%}
            {%- set path = 'models/staging/' ~ vendor ~ '/' ~ name ~ '.sql' -%}
            {%- set known = project_name ~ '://' ~ path in ref.manifest.files -%}
        {%- endif -%}
        {%- if known -%}
            {%- do found.append(ref(name)) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{% endmacro %}

{#-
    Union of a concept's staging models, cast to the columns that the calling model's yml declares. A concept that no
    enabled vendor feeds gives no rows: a business without surveys has an empty history of surveys, not an error.
-#}
{% macro union_concept(concept) %}
    {%- set fed_by = concept_models(concept) -%}
    {%- if execute and not model.columns -%}
        {{ exceptions.raise_compiler_error(model.name ~ " must declare its columns and data types in yml") }}
    {%- endif -%}
    {%- for staging_model in fed_by %}
    {{ "union all" if not loop.first }}
    select
        {%- for column in model.columns.values() %}
        cast({{ column.name }} as {{ column.data_type }}) as {{ column.name }}{{ "," if not loop.last }}
        {%- endfor %}
    from {{ staging_model }}
    {%- else %}
    select
        {%- for column in model.columns.values() %}
        cast(null as {{ column.data_type }}) as {{ column.name }}{{ "," if not loop.last }}
        {%- endfor %}
    where false
    {%- endfor %}
{% endmacro %}
