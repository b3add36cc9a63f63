{%- set pairs = [] -%}
{%- if execute -%}
{%- for declared in graph.sources.values() if declared.source_name in var('vendors') -%}
    {%- set pair = (declared.source_name, declared.config.meta.get('kind', declared.meta.get('kind'))) -%}
    {%- if pair[1] and pair not in pairs -%}{%- do pairs.append(pair) -%}{%- endif -%}
{%- endfor -%}
{%- endif %}

with loads as (

    select * from {{ ref('stg_ops__loads') }}
    where status = 'loaded'

),

-- What the business is meant to receive, from the declarations of its vendors, so that silence shows as well.
expected as (
    {% for vendor, kind in pairs | sort %}
    {{ "union all" if not loop.first }}
    select
        '{{ kind }}' as kind,
        '{{ vendor }}' as vendor
    {% else %}
    select
        cast(null as text) as kind,
        cast(null as text) as vendor
    where false
    {% endfor %}
),

arrived as (

    select
        kind,
        vendor,
        cast(count(*) filter (where business_date = {{ business_date() }}) as integer) as n_files_tonight,
        max(business_date) as last_arrived_date,
        max(file_date) as last_file_date
    from loads
    group by kind, vendor

),

final as (

    select
        expected.kind,
        expected.vendor,
        coalesce(arrived.n_files_tonight, 0) as n_files_tonight,
        coalesce(arrived.n_files_tonight, 0) = 0 as is_stale,
        arrived.last_arrived_date,
        arrived.last_file_date
    from expected
    left join arrived
        on
            expected.kind = arrived.kind
            and expected.vendor = arrived.vendor

)

select * from final
