{#-
    What is known of the rows of each key in a table: build_fingerprints.<table>, with
      <key>        whose the rows are: customer_id, or what `fingerprint_key` in the model's meta names; '' is nobody
      n_rows       how many there are; 0 of somebody who had some once
      fingerprint  the sum of the rows' hashes, whatever their order
      changed_in   the number of the build that changed them last
    The table's comment says of which very table this is, and which build was the last
    (docs/decisions/0034-only-whom-the-night-touched.md).
-#}
{% macro fingerprints(name) -%}
    build_fingerprints.{{ name }}
{%- endmacro %}

{% macro fingerprint_key(node) -%}
    {{ (node.config.meta or {}).get('fingerprint_key', 'customer_id') }}
{%- endmacro %}

{#- A row's hash by its values, blind to the order of columns; publishing has the same. -#}
{% macro row_hash(columns) -%}
    hash_record_extended(row(
        {%- for column in columns | sort(attribute='name', case_sensitive=true) -%}
        {{ column.quoted }}{{ "::text" if column.data_type == "json" }}{{ ", " if not loop.last }}
        {%- endfor -%}
    ), 0)
{%- endmacro %}

{#- The number of this build, by which readers know what they have seen. -#}
{% macro next_build() -%}
    {{ return(run_query("select nextval('ops.builds')").rows[0][0]) }}
{%- endmacro %}

{#- Hook of tables that one by_key reads, of those themselves, and of those that are published by customer. -#}
{% macro keep_fingerprints() %}
    {%- set is_read, key = [], fingerprint_key(model) -%}
    {%- if execute and model.config.materialized in ('table', 'by_key') -%}
        {%- set is_published = model.path.startswith('marts/') and key == 'customer_id' -%}
        {%- if is_published or model.config.materialized == 'by_key' -%}
            {%- do is_read.append(model.name) -%}
        {%- endif -%}
        {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.config.materialized == 'by_key' -%}
            {%- if model.unique_id in node.depends_on.nodes -%}
                {%- do is_read.append(node.name) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if is_read and key in model.columns -%}
    {%- set known = fingerprints(model.name) -%}
    {%- set build = next_build() -%}
    drop table if exists {{ known }}__coming;
    create table {{ known }}__coming as
    {%- if known_by_key(model.name, key) %}
    select
        {{ key }},
        {{ known_beside(build) }}
    from ({{ fingerprints_of(this, key) }}) as now_so
    full join {{ known }} as so_before using ({{ key }});
    {%- else %}
    select
        *,
        cast({{ build }} as bigint) as changed_in
    from ({{ fingerprints_of(this, key) }}) as now_so;
    {%- endif %}
    drop table if exists {{ known }};
    alter table {{ known }}__coming rename to {{ model.name }};
    analyze {{ known }};
    {{ say_of_fingerprints(this, known, {'build': build}) }}
    {%- endif -%}
{% endmacro %}

{#- What is known of a key, of now_so beside so_before: who is as before stays as of the build that changed them. -#}
{% macro known_beside(build) -%}
    coalesce(now_so.n_rows, 0) as n_rows,
    coalesce(now_so.fingerprint, 0) as fingerprint,
    case
        when
            coalesce(now_so.n_rows, 0) = so_before.n_rows
            and coalesce(now_so.fingerprint, 0) = so_before.fingerprint
            then so_before.changed_in
        else {{ build }}
    end as changed_in
{%- endmacro %}

{#- Whether there are fingerprints of that name by that key. -#}
{% macro known_by_key(name, key) -%}
    {{ return(run_query("select exists (select from pg_attribute where attrelid = to_regclass('" ~ fingerprints(name)
        ~ "') and attname = '" ~ key ~ "')").rows[0][0]) }}
{%- endmacro %}

{% macro fingerprints_of(relation, key) %}
    select
        coalesce({{ key }}, '') as {{ key }},
        count(*) as n_rows,
        sum({{ row_hash(adapter.get_columns_in_relation(relation)) }}) as fingerprint
    from {{ relation }}
    group by 1
{% endmacro %}

{#- Writes which table the fingerprints are of, and more. Another table of its name is not the one that is meant. -#}
{% macro say_of_fingerprints(relation, known, more) %}
    do $$
    begin
        execute format(
            'comment on table {{ known }} is %L',
            jsonb_build_object('table', cast(to_regclass('{{ relation }}') as oid)) || cast('{{ tojson(more) }}' as jsonb)
        );
    end
    $$
{% endmacro %}

{#- What the fingerprints of a table say of themselves; nothing where there are none, or of another table. -#}
{% macro known_of_fingerprints(relation, name) %}
    {%- set query -%}
        select cast(said as text)
        from ops.said_of_fingerprints('{{ fingerprints(name) }}') as said
        where said ->> 'table' = cast(cast(to_regclass('{{ relation }}') as oid) as text)
    {%- endset -%}
    {%- set found = run_query(query).rows -%}
    {{ return(fromjson(found[0][0]) if found | length else none) }}
{% endmacro %}
