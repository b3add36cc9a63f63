{#-
    How fresh the sources are, as of the night: by the dates the files carry, and against the night's clock. So a night
    that is replayed, or caught up on, gets the same answer, from `dbt source freshness` as from source_freshness.
-#}

{#- The instant at which a calendar day of the stores is over. -#}
{% macro end_of_day(day) -%}
    cast({{ day }} + 1 as timestamp without time zone) at time zone '{{ var("time_zone") }}'
{%- endmacro %}

{#- Up to when the newest active file of raw.<vendor>__<table> tells; an optional export that never came is not awaited. -#}
{% macro loaded_through(raw_table) -%}
    {%- set declared = (graph.sources.values() if execute else [])
        | selectattr('identifier', 'equalto', raw_table.identifier) | list -%}
    {%- set is_optional = declared and declared[0].config.meta.export.get('is_optional', false) -%}
    select {{ "coalesce(" if is_optional }}max({{ end_of_day('file_date') }}){{ ", " ~ clock() ~ ")" if is_optional }}
        as loaded_through
    from ({{ active_loads(raw_table) }}) as loads
{%- endmacro %}

{#- The end of the newest night that took files in: what our own ledgers and the Python steps' tables follow. -#}
{% macro nights_taken_in_through() -%}
    select max({{ end_of_day('business_date') }}) as loaded_through
    from ops.loads
    where status = 'loaded' and business_date <= {{ business_date() }}
{%- endmacro %}

{#- Takes the place of dbt's own, which compares with the current time. -#}
{% macro postgres__collect_freshness_custom_sql(source, loaded_at_query) %}
    {% call statement('collect_freshness_custom_sql', fetch_result=True, auto_begin=False) -%}
    select
        ({{ loaded_at_query }}) as max_loaded_at,
        {{ clock() }} as snapshotted_at
    {% endcall %}
    {{ return(load_result('collect_freshness_custom_sql')) }}
{% endmacro %}

{#-
    What the business is meant to receive, so that silence shows as well: kind, vendor, table_name of each export its
    vendors declare, and the declared ages as text ('12 hour').
-#}
{% macro expected_exports() %}
    {%- set found = [] -%}
    {%- if execute -%}
        {%- for declared in graph.sources.values() | sort(attribute='unique_id')
            if declared.source_name in var('vendors') -%}
            {%- set ages = declared.freshness -%}
            {%- do found.append({
                'kind': declared.config.meta.kind,
                'vendor': declared.source_name,
                'table_name': declared.name,
                'is_optional': declared.config.meta.export.get('is_optional', false),
                'warn_after': ages.warn_after.count ~ ' ' ~ ages.warn_after.period,
                'error_after': ages.error_after.count ~ ' ' ~ ages.error_after.period,
            }) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{% endmacro %}
