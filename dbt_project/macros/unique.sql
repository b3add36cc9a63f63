{#- Takes the place of dbt's own test: where Postgres itself holds the column unique, nothing is left to count. -#}
{% macro postgres__test_unique(model, column_name) %}
select
    {{ column_name }} as unique_field,
    count(*) as n_records
from {{ model }}
where {{ column_name }} is not null and not {{ is_proven_unique(model, [column_name]) }}
group by {{ column_name }}
having count(*) > 1
{% endmacro %}

{#- Whether the table has a unique index of just these columns, as of a primary key: asked once, before any row is read. -#}
{% macro is_proven_unique(model, columns) -%}
    {%- if 'dbt_subquery' in model | string -%}
    {{ return('false') }}
    {%- endif -%}
    (
        select exists (
            select from pg_index
            where
                indrelid = to_regclass('{{ model }}') and indisunique and indisvalid
                and indpred is null and indexprs is null
                and (
                    select array_agg(cast(attname as text) order by cast(attname as text) collate "C")
                    from pg_attribute
                    where attrelid = indrelid and attnum = any(indkey)
                ) = array['{{ columns | sort | join("', '") }}']
        )
    )
{%- endmacro %}
