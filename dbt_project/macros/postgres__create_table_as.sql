{#-
    Takes the place of dbt-postgres' own: the constraints of a contract are added after the rows. Keeping the key's index
    up while a million rows go in took four times as long; and a row that breaks a constraint while it goes in is printed
    whole in the error, personal data and all, while a constraint added later only names its column.
-#}
{% macro postgres__create_table_as(temporary, relation, sql) -%}
    {%- set contract_config = config.get('contract') -%}
    {{ config.get('sql_header', '') or '' }}
    {% if contract_config.enforced and not temporary %}
        {%- set key_columns = primary_key_columns() %}
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
    {%- set alterations = [] %}
    {%- for column in model.columns.values() if column.constraints | selectattr('type', 'equalto', 'not_null') | list %}
        {%- do alterations.append('alter column ' ~ column.name ~ ' set not null') %}
    {%- endfor %}
    {%- if key_columns %}
        {%- do alterations.append('add primary key (' ~ key_columns | join(', ') ~ ')') %}
    {%- endif %}
    {%- if alterations %}
    alter table {{ relation }} {{ alterations | join(', ') }};
    {%- endif %}
    {% else %}
    create {{ "temporary" if temporary }} table {{ relation }} as (
        {{ sql }}
    );
    {% endif %}
    {%- if not temporary %}
    analyze {{ relation }};
    {%- endif %}
{%- endmacro %}

{#- Columns of the model's primary key, declared on the model or on a column. -#}
{% macro primary_key_columns() %}
    {%- for constraint in model.constraints if constraint.type == 'primary_key' -%}
        {{ return(constraint.columns) }}
    {%- endfor -%}
    {%- set found = [] -%}
    {%- for column in model.columns.values() if column.constraints | selectattr('type', 'equalto', 'primary_key') | list -%}
        {%- do found.append(column.name) -%}
    {%- endfor -%}
    {{ return(found) }}
{% endmacro %}
