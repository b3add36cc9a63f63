{#-
    A table whose rows about a customer follow from the rows of that customer in the tables it reads: of a night it is
    built again only for those who changed in one of them (docs/decisions/0034-only-whom-the-night-touched.md).

    In its SQL a table that has rows of customers is read by of_customers(ref(...)); what is read whole (seeds, settings of
    the shop) concerns everybody. So does the SQL itself: a change of either, and the whole table is built, as it is with
    --full-refresh. Whether it is the night's date that makes the SQL another one every night is the author's to see.
-#}
{% materialization by_customer, adapter='postgres' %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target = this.incorporate(type='table') -%}
    {%- set known = fingerprints(model.name) -%}
    {%- set coming = known ~ '__coming' -%}
    {%- set touched = touched_customers() -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- set inputs = inputs_by_customer(sql) -%}
    {%- call statement('who_is_there') %}
        drop table if exists {{ coming }};
        drop table if exists {{ touched }};
        create table {{ coming }} as {{ fingerprints_of_inputs(inputs.keyed) }};
    {%- endcall %}
    {%- set version = version_of(sql, inputs) -%}
    {%- set is_whole = existing is none or existing.type != 'table' or should_full_refresh()
        or not is_built_by(this, known, version) -%}
    {%- call statement('who_changed') %}
        create table {{ touched }} as
        {% if is_whole -%}
        select customer_id from {{ coming }};
        {%- else -%}
        select customer_id
        from {{ coming }} as now_so
        full join {{ known }} as so_before using (customer_id)
        where now_so.fingerprint is distinct from so_before.fingerprint;
        {%- endif %}
        analyze {{ touched }};
    {%- endcall %}

    {%- set backup = make_backup_relation(target, 'table' if existing is none else existing.type) -%}
    {%- if is_whole -%}
        {%- set built = make_intermediate_relation(target) -%}
        {{ drop_relation_if_exists(load_cached_relation(built)) }}
        {{ drop_relation_if_exists(load_cached_relation(backup)) }}
        {%- call statement('main') -%}
            {{ get_create_table_as_sql(False, built, sql) }}
        {%- endcall -%}
        {%- if existing is not none -%}
            {{ adapter.rename_relation(existing, backup) }}
        {%- endif -%}
        {{ adapter.rename_relation(built, target) }}
        {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- else -%}
        {%- set names = adapter.get_columns_in_relation(this) | map(attribute='quoted') | join(', ') -%}
        {%- call statement('rebuilt') -%}
            {{ rebuild(target, names, touched, sql) }}
        {%- endcall -%}
        {%- call statement('main') -%}
            insert into {{ target }} ({{ names }})
            select {{ names }} from pg_temp.rebuilt
        {%- endcall -%}
    {%- endif -%}

    {%- call statement('remember') %}
        drop table if exists {{ known }};
        alter table {{ coming }} rename to {{ model.name }};
        analyze {{ known }};
    {%- endcall %}
    {{ remember_version(target, known, version) }}

    {{ adapter.commit() }}
    {%- if is_whole -%}
        {{ drop_relation_if_exists(backup) }}
    {%- endif -%}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}

{#- Leaves in pg_temp.rebuilt the rows of changed customers that are not in the table yet, and deletes from it those that are no
    longer: most rows of a customer are as they were, and each that is written costs its place in the index. Rows may be equal:
    they are told apart by their number. -#}
{% macro rebuild(target, names, touched, sql) %}
    drop table if exists pg_temp.rebuilt, pg_temp.kept;
    create temporary table rebuilt (like {{ target }}) on commit drop;
    insert into pg_temp.rebuilt ({{ names }})
    select {{ names }} from (
        {{ sql }}
    ) as now_so;
    create temporary table kept on commit drop as
    select
        stored.place as stored_place,
        now_so.place as rebuilt_place
    from (
        select ctid as place, hash, row_number() over (partition by hash) as nth
        from (
            select ctid, hash_record_extended(row({{ names }}), 0) as hash
            from {{ target }}
            where customer_id in (select customer_id from {{ touched }})
        ) as hashed
    ) as stored
    full join (
        select ctid as place, hash, row_number() over (partition by hash) as nth
        from (select ctid, hash_record_extended(row({{ names }}), 0) as hash from pg_temp.rebuilt) as hashed
    ) as now_so on stored.hash = now_so.hash and stored.nth = now_so.nth;
    delete from {{ target }} where ctid in (select stored_place from kept where rebuilt_place is null);
    delete from pg_temp.rebuilt where ctid in (select rebuilt_place from kept where stored_place is not null);
{% endmacro %}

{#- A table of customers, in the SQL of a model built by_customer: of an ordinary run only the rows of those who changed. -#}
{% macro of_customers(relation, key='customer_id') -%}
    {%- if '__dbt__cte__' in relation | string -%}
    {{ relation }}
    {%- else -%}
    (select * from {{ relation }} where {{ key }} in (select customer_id from {{ touched_customers() }})) as {{ relation.identifier }}
    {%- endif -%}
{%- endmacro %}

{#- Who is built in this run, as the model itself names the table. -#}
{% macro touched_customers() -%}
    {{ fingerprints(model.name) }}__touched
{%- endmacro %}

{#- What was known of each customer when a table was built: customer_id and fingerprint, one row a customer. -#}
{% macro fingerprints(name) -%}
    build_fingerprints.{{ name }}
{%- endmacro %}

{#-
    Hook of tables that one by_customer reads: a fingerprint of each customer's rows, whatever their order. `customer_key` in
    the model's meta names the column that says whose a row is, where it is not customer_id.
-#}
{% macro keep_fingerprints() %}
    {%- set is_read = [] -%}
    {%- if execute and model.config.materialized == 'table' -%}
        {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.config.materialized == 'by_customer' -%}
            {%- if model.unique_id in node.depends_on.nodes -%}
                {%- do is_read.append(node.name) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {%- set key = (model.config.meta or {}).get('customer_key', 'customer_id') -%}
    {%- if is_read and key in model.columns -%}
    drop table if exists {{ fingerprints(model.name) }};
    create table {{ fingerprints(model.name) }} as
    select
        {{ key }} as customer_id,
        sum(hash_record_extended(facts, 0)) as fingerprint
    from {{ this }} as facts
    where {{ key }} is not null
    group by {{ key }}
    {%- endif -%}
{% endmacro %}

{#- The relations a model reads, apart: keyed ones, of which only changed customers' rows are read, and whole ones. -#}
{% macro inputs_by_customer(sql) %}
    {%- set keyed, whole = [], [] -%}
    {%- for unique_id in model.depends_on.nodes -%}
        {%- set node = graph.nodes[unique_id] -%}
        {%- set relation = api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias) -%}
        {%- set n_keyed = sql.count('(select * from ' ~ relation ~ ' where ') -%}
        {%- if n_keyed -%}
            {%- do keyed.append(node) -%}
        {%- endif -%}
        {%- if sql.count(relation | string) > n_keyed -%}
            {%- do whole.append(relation) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return({'keyed': keyed, 'whole': whole}) }}
{% endmacro %}

{% macro fingerprints_of_inputs(nodes) %}
    select
        customer_id,
        sum(hashtextextended(input || ':' || fingerprint, 0)) as fingerprint
    from (
        {%- for node in nodes %}
        select '{{ node.name }}' as input, customer_id, fingerprint from {{ fingerprints(node.name) }}
        {{ "union all" if not loop.last }}
        {%- endfor %}
    ) as inputs
    group by customer_id
{% endmacro %}

{#- What the table is made of besides customers' rows: the SQL, its columns as declared, what is read whole, and the version of
    inputs that are built by_customer themselves, whose fingerprints tell only of their own inputs. -#}
{% macro version_of(sql, inputs) %}
    {%- set parts = [local_md5(sql ~ tojson(model.columns) ~ tojson(model.constraints))] -%}
    {%- set query -%}
        select md5(concat_ws(',', ''
            {%- for relation in inputs.whole %},
            (select count(*) || ':' || coalesce(sum(hash_record_extended(facts, 0)), 0) from {{ relation }} as facts)
            {%- endfor %}
            {%- for node in inputs.keyed if node.config.materialized == 'by_customer' %},
            (select split_part(obj_description('{{ fingerprints(node.name) }}'::regclass), ' ', 2))
            {%- endfor %}
        ))
    {%- endset -%}
    {%- do parts.append(run_query(query).rows[0][0]) -%}
    {{ return(local_md5(parts | join(','))) }}
{% endmacro %}

{#- Whether this very table was built with that version; another table of its name was not. -#}
{% macro is_built_by(relation, known, version) %}
    {%- set query -%}
        select coalesce(
            obj_description(to_regclass('{{ known }}')) = to_regclass('{{ relation }}')::oid || ' {{ version }}', false
        )
    {%- endset -%}
    {{ return(run_query(query).rows[0][0]) }}
{% endmacro %}

{% macro remember_version(relation, known, version) %}
    {%- call statement('remember_version') %}
        do $$
        begin
            execute format('comment on table {{ known }} is %L', to_regclass('{{ relation }}')::oid || ' {{ version }}');
        end
        $$
    {%- endcall %}
{% endmacro %}
