{#-
    Segments are found by their file's place and name, models/activation/segments/seg_<name>.sql, so no list of them is
    kept. References must be known while dbt parses, before it has a graph: hence the look at the project's files, as in
    union_concept.
-#}
{% macro segment_models() %}
    {%- set place = 'models/activation/segments/(seg_[a-z0-9_]+)\\.sql$' -%}
    {%- set paths = graph.nodes.values() | map(attribute='original_file_path') if execute else ref.manifest.files -%}
    {%- set names = [] -%}
    {%- for path in paths -%}
        {%- set found = modules.re.search(place, path) -%}
        {%- if found -%}
            {%- do names.append(found.group(1)) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(names | unique | sort) }}
{% endmacro %}

{#- What the model's yml says about the segment, config.meta.segment; checked by rapport.activation.segments. -#}
{% macro segment_meta(model_name) %}
    {%- set found = graph.nodes.values() | selectattr('resource_type', 'equalto', 'model')
        | selectattr('name', 'equalto', model_name) | first -%}
    {%- if not found or not found.config.meta.segment -%}
        {{ exceptions.raise_compiler_error(
            "models/activation/segments/" ~ model_name ~ ".sql has no config.meta.segment in its yml"
            ~ " (docs/how-to/add-a-segment.md)"
        ) }}
    {%- endif -%}
    {{ return(found.config.meta.segment) }}
{% endmacro %}

{#- Union of all segments, each row with what its segment may do. -#}
{% macro union_segments() %}
    {%- for name in segment_models() %}
        {%- set relation = ref(name) %}
        {%- if execute %}
            {%- set meta = segment_meta(name) %}
    {{ "union all" if not loop.first }}
    select
        '{{ name | replace("seg_", "", 1) }}' as segment,
        {{ meta.priority }} as priority,
        '{{ meta.channel }}' as channel,
        '{{ meta.contact_type }}' as contact_type,
        '{{ meta.audience }}' as audience,
        '{{ meta.consent_purpose }}' as consent_purpose,
        {{ meta.cap_days }} as cap_days,
        cast({{ meta.holdout_share }} as numeric(6, 5)) as holdout_share,
        {{ meta.pauses_promotion | default(false) }} as is_pausing_promotion,
        '{{ meta.destinations | join(",") }}' as destinations,
        customer_id,
        reason,
        offer,
        valid_until
    from {{ relation }}
        {%- endif %}
    {%- endfor %}
{% endmacro %}

{#- A number from 0 up to 1 that belongs to the text for ever: the same text, the same share, on any night. -#}
{% macro stable_fraction(expression) -%}
    cast(cast('x' || substr(md5({{ expression }}), 1, 8) as bit(32)) as bigint) / 4294967296.0
{%- endmacro %}
