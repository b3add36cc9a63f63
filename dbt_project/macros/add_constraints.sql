{#-
    Hook of every model and seed: columns that may not be null, and the primary key. Of a table Postgres proves them in one
    pass; of a view they are counted in one. A test for each of these columns would cost dbt more time than all models
    take together, and read a view once a column.
-#}
{% macro add_constraints() %}
    {%- set never_null = [] -%}
    {%- set key_columns = [] -%}
    {%- for column in model.columns.values() -%}
        {%- for constraint in column.constraints -%}
            {%- if constraint.type == 'not_null' -%}
                {%- do never_null.append(column.name) -%}
            {%- elif constraint.type == 'primary_key' -%}
                {%- do key_columns.append(column.name) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for constraint in model.constraints if constraint.type == 'primary_key' -%}
        {%- do key_columns.extend(constraint.columns) -%}
    {%- endfor -%}
    {%- if model.config.materialized == 'view' -%}
        {%- if never_null -%}{{ refuse_nulls(this, never_null) }}{%- endif -%}
    {%- else -%}
        {%- set alterations = [] -%}
        {%- for name in never_null -%}
            {%- do alterations.append('alter column ' ~ name ~ ' set not null') -%}
        {%- endfor -%}
        {%- if key_columns -%}
            {%- do alterations.append('add primary key (' ~ key_columns | join(', ') ~ ')') -%}
        {%- endif -%}
        {%- if alterations -%}
        alter table {{ this }} {{ alterations | join(', ') }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}

{#- Raises an error that names the columns of a view in which something is null, as Postgres does of a table. -#}
{% macro refuse_nulls(relation, names) %}
    do $$
    declare
        found text;
    begin
        select concat_ws(
            ', ' {%- for name in names %}, case when count(*) > count({{ name }}) then '{{ name }}' end {%- endfor %}
        )
        into found
        from {{ relation }};
        if found <> '' then
            raise exception using
                errcode = 'not_null_violation',
                message = 'view {{ relation.schema }}.{{ relation.identifier }} contains null values in ' || found;
        end if;
    end
    $$
{% endmacro %}
