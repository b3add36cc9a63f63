{#- Loads of a raw.<vendor>__<table> that make it up as of the night; a file whose name carries no date counts as of the
    night that took it in. -#}
{% macro active_loads(raw_table) -%}
    {%- set vendor = raw_table.identifier.split('__') | first -%}
    {%- set table_name = raw_table.identifier.split('__') | last -%}
    select
        loads.load_id,
        loads.file_name,
        coalesce(loads.file_date, loads.business_date) as file_date
    from ops.loads
    where
        loads.vendor = '{{ vendor }}'
        and loads.table_name = '{{ table_name }}'
        and loads.load_id in (select ops.loads_as_of({{ business_date() }}))
{%- endmacro %}

{#-
    Raw rows of the loads that are active as of the night, with the file's name and date and the load's place in time
    (load_order: 1 is the newest).
    newest_only: the export is a whole snapshot, so what the newest file lacks is gone.
-#}
{% macro loaded(raw_table, newest_only=false) -%}
    select
        raw_rows.*,
        active_loads.file_name,
        active_loads.file_date,
        active_loads.file_date as first_file_date,
        cast(null as date) as closed_on,
        active_loads.load_order
    from {{ raw_table }} as raw_rows
    inner join (
        select
            load_id,
            file_name,
            file_date,
            row_number() over (order by file_date desc, load_id desc) as load_order
        from ({{ active_loads(raw_table) }}) as loads
    ) as active_loads
        on raw_rows._load_id = active_loads.load_id
    {%- if newest_only %}
    where active_loads.load_order = 1
    {%- endif %}
{%- endmacro %}

{#-
    Latest export wins: of each key only the rows of the newest load that has it. one_row keeps a single row, the last
    in the file, for tables in which the key is meant to be unique.
-#}
{% macro latest_export(relation, key, one_row=false) -%}
    {%- set key_columns = key | join(', ') -%}
    select *
    from (
        select
            *,
            {% if one_row -%}
            row_number() over (
                partition by {{ key_columns }} order by load_order asc, _row_number desc
            ) = 1 as is_latest
            {%- else -%}
            load_order = min(load_order) over (partition by {{ key_columns }}) as is_latest
            {%- endif %}
        from {{ relation }}
    ) as ranked
    where is_latest
{%- endmacro %}
