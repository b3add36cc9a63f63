{#- Loads of a raw.<vendor>__<table> that make it up as of the night; a file whose name carries no date counts as of the
    night that took it in. -#}
{% macro active_loads(raw_table) -%}
    {%- set vendor = raw_table.identifier.split('__') | first -%}
    {%- set table_name = raw_table.identifier.split('__') | last -%}
    select
        loads.load_id,
        loads.file_name,
        loads.export_date as file_date,
        -- Rows that left quarantine are of the file they came with.
        coalesce(loads.replays, loads.load_id) as file_load_id,
        coalesce(loads.scope = 'part', false) as is_part
    from ops.loads
    where
        loads.vendor = '{{ vendor }}'
        and loads.table_name = '{{ table_name }}'
        and loads.load_id in (select ops.loads_as_of({{ business_date() }}))
{%- endmacro %}

{#- How a raw table's exports look, as declared; nothing while dbt still parses. -#}
{% macro declared_export(raw_table) -%}
    {%- if execute -%}
        {%- for source in graph.sources.values()
            if source.schema == raw_table.schema and source.identifier == raw_table.identifier -%}
            {{ return(source.config.meta.export) }}
        {%- endfor -%}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro %}

{#- The active loads, numbered from the newest: what a file brought and what left its quarantine later have one number. -#}
{% macro ordered_loads(raw_table) -%}
    select
        load_id,
        file_name,
        file_date,
        is_part,
        dense_rank() over (order by file_date desc, file_load_id desc) as load_order
    from ({{ active_loads(raw_table) }}) as loads
{%- endmacro %}

{#-
    Raw rows that count as of the night: the one place that knows how exports add up. By the export's declared mode:
      delta          the rows of every load; latest_export() keeps, of each key, what the newest file says
      full, keyed    of each record the rows by which an export last listed it; closed_on is the first export since that
                     lacks it. Such records keep their place in history, unless newest_only leaves them out
      full, no key   the rows of the newest export
    Beside the raw columns: file_name; file_date and first_file_date, the newest and the first export that list the record
    (of a delta the row's own); stored_date, the export that brought the row as it is; closed_on; and load_order, where of
    two rows the smaller one counts.
-#}
{% macro loaded(raw_table, newest_only=false) -%}
    {%- set export = declared_export(raw_table) or {'mode': 'delta', 'key': []} -%}
    {%- if export.mode == 'full' and export.key -%}
    select
        raw_rows.*,
        loads.file_name,
        records.file_date,
        records.first_file_date,
        loads.export_date as stored_date,
        records.closed_on,
        records.load_order
    from {{ raw_table }} as raw_rows
    inner join {{ raw_table.schema }}.{{ raw_table.identifier }}__records(
        array(select ops.loads_as_of({{ business_date() }})), 'infinity'
    ) as records
        on raw_rows._load_id = records._load_id and raw_rows._row_number = records._row_number
    inner join ops.loads
        on raw_rows._load_id = loads.load_id
    {%- if newest_only %}
    where records.closed_on is null
    {%- endif %}
    {%- else -%}
    select
        raw_rows.*,
        active_loads.file_name,
        active_loads.file_date,
        active_loads.file_date as first_file_date,
        active_loads.file_date as stored_date,
        cast(null as date) as closed_on,
        active_loads.load_order
    from {{ raw_table }} as raw_rows
    inner join (
        select
            load_id,
            file_name,
            file_date,
            load_order,
            -- An export is a whole file, or a whole file and the parts that were split off it.
            first_value(load_id) over (
                order by is_part asc, file_date desc, load_id desc
            ) as newest_whole,
            is_part and file_date = max(file_date) over () as is_newest_part
        from ({{ ordered_loads(raw_table) }}) as loads
    ) as active_loads
        on raw_rows._load_id = active_loads.load_id
    {%- if export.mode == 'full' or newest_only %}
    where active_loads.load_id = active_loads.newest_whole or active_loads.is_newest_part
    {%- endif %}
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
