{#-
    A table whose rows of a key follow from the rows of that key in the tables it reads: of a night it is built again only for
    keys that changed in one of them (docs/decisions/0034-only-whom-the-night-touched.md). The key is customer_id, or what
    `fingerprint_key` in the model's meta names.

    In its SQL a table that has rows of keys is read by of_changed(ref(...)); what is read whole (seeds, settings of the
    shop) concerns everybody. So does the SQL itself: a change of either, and the whole table is built, as it is with
    --full-refresh, and where more than a share of the keys changed (var built_whole_from). Whether it is the night's date that makes the SQL another one every night is the author's to see.
-#}
{% materialization by_key, adapter='postgres' %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target = this.incorporate(type='table') -%}
    {%- set known = fingerprints(model.name) -%}
    {%- set touched = touched_keys() -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- set inputs = inputs_by_key(sql) -%}
    {%- set version = version_of(sql, inputs.whole) -%}
    {%- set before = none if existing is none or existing.type != 'table' or should_full_refresh()
        else known_of_fingerprints(this, model.name) -%}
    {%- set builds, unseen = {}, [] -%}
    {%- for input in inputs.keyed -%}
        {%- do builds.update({input.node.name: known_of_fingerprints(input.relation, input.node.name)['build']}) -%}
        {%- if input.node.name not in (before or {}).get('seen', {}) -%}
            {%- do unseen.append(input.node.name) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set is_whole = unseen | length > 0 or before['version'] != version -%}
    {%- set n_touched = 0 -%}
    {% call statement('forget_who_changed') %}
        drop table if exists {{ touched }}
    {% endcall %}
    {%- if not is_whole -%}
        {%- call statement('who_changed') %}
            create table {{ touched }} as {{ who_changed(inputs.keyed, before['seen']) }};
            analyze {{ touched }};
        {%- endcall %}
        {%- set n_touched = run_query('select count(*) from ' ~ touched).rows[0][0] -%}
        {#- What is written again is compared with what stands: of many keys that takes longer than to build them all. -#}
        {%- set is_whole = n_touched > var('built_whole_from') * run_query(
            'select count(*) from ' ~ known ~ ' where n_rows > 0').rows[0][0] -%}
    {%- endif -%}

    {%- set backup = make_backup_relation(target, 'table' if existing is none else existing.type) -%}
    {%- set build = none -%}
    {%- if is_whole -%}
        {%- set built = make_intermediate_relation(target) -%}
        {{ drop_relation_if_exists(load_cached_relation(built)) }}
        {{ drop_relation_if_exists(load_cached_relation(backup)) }}
        {%- call statement('main') -%}
            {{ get_create_table_as_sql(False, built, of_everybody(sql)) }}
        {%- endcall -%}
        {%- if existing is not none -%}
            {{ adapter.rename_relation(existing, backup) }}
        {%- endif -%}
        {{ adapter.rename_relation(built, target) }}
        {{ run_hooks(post_hooks, inside_transaction=True) }}
        {%- set build = known_of_fingerprints(this, model.name)['build'] -%}
    {%- elif n_touched -%}
        {%- set build = next_build() -%}
        {%- set columns = adapter.get_columns_in_relation(this) -%}
        {%- set names = columns | map(attribute='quoted') | join(', ') -%}
        {%- call statement('rebuilt') -%}
            {{ rebuild(target, columns, names, touched, sql) }}
            {{ renew_fingerprints(known, touched, build) }}
        {%- endcall -%}
        {%- call statement('main') -%}
            insert into {{ target }} ({{ names }})
            select {{ names }} from pg_temp.rebuilt
        {%- endcall -%}
    {%- else -%}
        {%- set build = before['build'] -%}
        {%- call statement('main') -%}
            select from {{ touched }}
        {%- endcall -%}
    {%- endif -%}
    {%- call statement('remember') -%}
        {{ say_of_fingerprints(target, known, {'build': build, 'version': version, 'seen': builds}) }}
    {%- endcall %}

    {{ adapter.commit() }}
    {%- if is_whole -%}
        {{ drop_relation_if_exists(backup) }}
    {%- endif -%}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}

{#- Leaves in pg_temp.rebuilt the rows of changed keys that are not in the table yet, and deletes from it those that are no
    longer: most rows of a key are as they were, and each that is written costs its place in the index. Rows may be equal:
    they are told apart by their number. -#}
{% macro rebuild(target, columns, names, touched, sql) %}
    {%- set key = fingerprint_key(model) %}
    drop table if exists pg_temp.rebuilt, pg_temp.rebuilt_fingerprints, pg_temp.kept;
    create temporary table rebuilt (like {{ target }}) on commit drop;
    insert into pg_temp.rebuilt ({{ names }})
    select {{ names }} from (
        {{ sql }}
    ) as now_so;
    create temporary table rebuilt_fingerprints on commit drop as
    select {{ key }}, count(*) as n_rows, sum({{ row_hash(columns) }}) as fingerprint
    from pg_temp.rebuilt
    group by {{ key }};
    create temporary table kept on commit drop as
    select
        stored.place as stored_place,
        now_so.place as rebuilt_place
    from (
        select ctid as place, hash, row_number() over (partition by hash) as nth
        from (
            select ctid, {{ row_hash(columns) }} as hash
            from {{ target }}
            where {{ key }} in (select {{ key }} from {{ touched }})
        ) as hashed
    ) as stored
    full join (
        select ctid as place, hash, row_number() over (partition by hash) as nth
        from (select ctid, {{ row_hash(columns) }} as hash from pg_temp.rebuilt) as hashed
    ) as now_so on stored.hash = now_so.hash and stored.nth = now_so.nth;
    delete from {{ target }} where ctid in (select stored_place from kept where rebuilt_place is null);
    delete from pg_temp.rebuilt where ctid in (select rebuilt_place from kept where stored_place is not null);
{% endmacro %}

{#- Of the keys that were worked out again, what is known now; unchanged ones stay as of the build that changed them. -#}
{% macro renew_fingerprints(known, touched, build) %}
    {%- set key = fingerprint_key(model) %}
    drop table if exists pg_temp.renewed;
    create temporary table renewed on commit drop as
    select
        {{ key }},
        {{ known_beside(build) }}
    from {{ touched }} as touched
    left join pg_temp.rebuilt_fingerprints as now_so using ({{ key }})
    left join {{ known }} as so_before using ({{ key }})
    where now_so.n_rows is not null or so_before.n_rows is not null;
    delete from {{ known }} where {{ key }} in (select {{ key }} from pg_temp.renewed);
    insert into {{ known }} ({{ key }}, n_rows, fingerprint, changed_in)
    select {{ key }}, n_rows, fingerprint, changed_in from pg_temp.renewed;
{% endmacro %}

{#-
    A table, in the SQL of a model built by_key: of an ordinary run only the rows of those keys that changed, by the table's
    column `key`. Where its rows do not say whose they are, `through` is the table that says whose each `key`, there called
    `through_key`, is: of_changed(ref('int_order_lines_unioned'), 'order_id', through=ref('int_orders_converted')).
-#}
{% macro of_changed(relation, key=none, through=none, through_key=none) -%}
    {%- set own = fingerprint_key(model) -%}
    {%- if '__dbt__cte__' in relation | string -%}
    {{ relation }}
    {%- elif through is none or '__dbt__cte__' in through | string -%}
    (select * from {{ relation }} where {{ key or own }} in (select {{ own }} from {{ touched_keys() }})) as {{ relation.identifier }}
    {%- else -%}
    (select * from {{ relation }} where {{ key }} in (select {{ through_key or key }} from {{ through }} where {{ own }} in (select {{ own }} from {{ touched_keys() }}))) as {{ relation.identifier }}
    {%- endif -%}
{%- endmacro %}

{#- The model's SQL for everybody: whoever is somebody changed, and nobody has to be looked up for it. -#}
{% macro of_everybody(sql) -%}
    {{ return(modules.re.sub(
        '([a-z_]+) in [(]select ' ~ fingerprint_key(model) ~ ' from ' ~ modules.re.escape(touched_keys()) ~ '[)]', "\\1 <> ''", sql)) }}
{%- endmacro %}

{#- The keys that are built in this run, as the model itself names the table. -#}
{% macro touched_keys() -%}
    {{ fingerprints(model.name) }}__touched
{%- endmacro %}

{#- The tables a model reads, apart: keyed ones, of which only changed keys' rows are read, with the table that says whose
    they are if they do not themselves; and whole ones. -#}
{% macro inputs_by_key(sql) %}
    {%- set own, keyed, whole, relations = fingerprint_key(model), [], [], {} -%}
    {%- for unique_id in model.depends_on.nodes -%}
        {%- set node = graph.nodes[unique_id] -%}
        {%- set relation = api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias) -%}
        {%- do relations.update({relation | string: relation}) -%}
    {%- endfor -%}
    {%- for unique_id in model.depends_on.nodes -%}
        {%- set node = graph.nodes[unique_id] -%}
        {%- set relation = api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias) -%}
        {%- set name = modules.re.escape(relation | string) -%}
        {%- set reads = modules.re.findall(
            '[(]select [*] from ' ~ name ~ ' where ([a-z_]+) in [(]select ([a-z_]+) from ([^ )]+)', sql) -%}
        {%- set says_whose = modules.re.findall(
            '[(]select [a-z_]+ from ' ~ name ~ ' where ' ~ own ~ ' in ', sql) -%}
        {%- set found = [] -%}
        {%- for key, through_key, source in reads -%}
            {%- do found.append({'node': node, 'relation': relation, 'key': key, 'through': relations.get(source), 'through_key': through_key}) -%}
        {%- endfor -%}
        {%- for _ in says_whose -%}
            {%- do found.append({'node': node, 'relation': relation, 'key': own, 'through': none}) -%}
        {%- endfor -%}
        {%- for input in found if input.key != fingerprint_key(node) -%}
            {{ exceptions.raise_compiler_error(
                node.name ~ " is read by " ~ input.key ~ " in " ~ model.name ~ ", and its fingerprints are by "
                ~ fingerprint_key(node) ~ ": set {meta: {fingerprint_key: " ~ input.key ~ "}} in its yml") }}
        {%- endfor -%}
        {%- if found -%}
            {%- do keyed.append(found[0]) -%}
        {%- endif -%}
        {%- if sql.count(relation | string) > found | length -%}
            {%- do whole.append(relation) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return({'keyed': keyed, 'whole': whole}) }}
{% endmacro %}

{#- Whose rows in one of the inputs were changed by a build that this table has not seen. -#}
{% macro who_changed(inputs, seen) %}
    {%- set own = fingerprint_key(model) %}
    {%- for input in inputs %}
    {%- set changed = 'fingerprints.changed_in > ' ~ seen[input.node.name] %}
    {{ "union" if not loop.first }}
    {%- if input.through is none %}
    select {{ input.key }} as {{ own }}
    from {{ fingerprints(input.node.name) }} as fingerprints
    where {{ changed }} and {{ input.key }} <> ''
    {%- else %}
    select owners.{{ own }}
    from {{ fingerprints(input.node.name) }} as fingerprints
    inner join {{ input.through }} as owners
        on fingerprints.{{ input.key }} = owners.{{ input.through_key }}
    where {{ changed }} and owners.{{ own }} is not null
    {%- endif %}
    {%- endfor %}
{% endmacro %}

{#- What the table is made of besides rows of keys: the SQL, its columns as declared, and what is read whole. -#}
{% macro version_of(sql, whole) %}
    {%- set parts = [sql, tojson(model.columns), tojson(model.constraints)] -%}
    {%- if whole -%}
        {%- set query -%}
            select concat_ws(','
                {%- for relation in whole %},
                (select count(*) || ':' || coalesce(sum(hash_record_extended(facts, 0)), 0) from {{ relation }} as facts)
                {%- endfor %}
            )
        {%- endset -%}
        {%- do parts.append(run_query(query).rows[0][0]) -%}
    {%- endif -%}
    {{ return(local_md5(parts | join(','))) }}
{% endmacro %}
