{#-
    Takes the place of dbt-postgres' own, which puts the constraints of a contract on the table before its rows. Here they
    come after, by the hook add_constraints: keeping the key's index up while a million rows go in took four times as
    long; and a row that breaks a constraint while it goes in is printed whole in the error, personal data and all, while a
    constraint added later only names its column.
-#}
{% macro postgres__create_table_as(temporary, relation, sql) -%}
    {%- if config.get('contract').enforced and not temporary -%}
    create table {{ relation }} (
        {%- for column in model.columns.values() %}
        {{ column.name }} {{ column.data_type }}{{ "," if not loop.last }}
        {%- endfor %}
    );
    {{ get_assert_columns_equivalent(sql) }}
    insert into {{ relation }} ({{ adapter.dispatch('get_column_names', 'dbt')() }})
    (
        {{ get_select_subquery(sql) }}
    );
    {%- else -%}
    create {{ "temporary" if temporary }} table {{ relation }} as (
        {{ sql }}
    );
    {%- endif %}
{%- endmacro %}
