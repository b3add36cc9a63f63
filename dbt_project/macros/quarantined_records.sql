{#-
    Records of which rows wait in quarantine as of the night, in an export that is no older than the newest one that has
    the record: what was taken in since, or exported again, does not wait. Of tables with a single key column;
    record_key is written as rapport.landing.records does, and as as_record_key() does.
-#}
{% macro quarantined_records(vendor, table_name) -%}
    {%- set raw_table = api.Relation.create(schema='raw', identifier=vendor ~ '__' ~ table_name) -%}
    {%- set key = (declared_export(raw_table) or {}).get('key', ['_load_id']) | first -%}
    select held.record_key
    from (
        select
            quarantine.record_key,
            min(loads.load_order) as load_order
        from quality.quarantine
        inner join ({{ ordered_loads(raw_table) }}) as loads
            on quarantine.load_id = loads.load_id
        where
            quarantine.record_key is not null
            and (
                quarantine.state <> 'replayed'
                or quarantine.state_by not in (select ops.loads_as_of({{ business_date() }}))
            )
        group by quarantine.record_key
    ) as held
    where not exists (
        select 1 from raw.{{ raw_table.identifier }} as raw_rows
        inner join ({{ ordered_loads(raw_table) }}) as loads
            on raw_rows._load_id = loads.load_id
        where
            {{ as_record_key(vendor, table_name, 'raw_rows.' ~ key) }} = held.record_key
            and loads.load_order < held.load_order
    )
{%- endmacro %}

{#- A value of a table's only key column as quarantine writes the record's key. -#}
{% macro as_record_key(vendor, table_name, column) -%}
    {%- set raw_table = api.Relation.create(schema='raw', identifier=vendor ~ '__' ~ table_name) -%}
    {%- if (declared_export(raw_table) or {}).get('key_fallback') -%}
    cast(row({{ column }}) as text)
    {%- else -%}
    cast({{ column }} as text)
    {%- endif -%}
{%- endmacro %}
