{#- What the files of a table say above their columns, with the file's name: of the loads that are active as of the night. -#}
{% macro loaded_columns(vendor, table_name) -%}
    select
        load_columns.*,
        loads.file_name
    from ops.load_columns
    inner join ops.loads
        on load_columns.load_id = loads.load_id
    where
        loads.vendor = '{{ vendor }}'
        and loads.table_name = '{{ table_name }}'
        and loads.load_id in (select ops.loads_as_of({{ business_date() }}))
{%- endmacro %}
