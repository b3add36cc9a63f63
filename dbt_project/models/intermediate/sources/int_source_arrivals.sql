with loads as (

    select * from {{ ref('stg_ops__loads') }}
    where status = 'loaded'

),

expected as (
    {% for export in expected_exports() %}
    {{ "union all" if not loop.first }}
    select
        '{{ export.kind }}' as kind,
        '{{ export.vendor }}' as vendor,
        '{{ export.table_name }}' as table_name,
        {{ export.get('is_optional', false) | lower }} as is_optional,
        cast('{{ export.warn_after }}' as interval) as warn_after,
        cast('{{ export.error_after }}' as interval) as error_after
    {% else %}
    select
        cast(null as text) as kind,
        cast(null as text) as vendor,
        cast(null as text) as table_name,
        cast(null as boolean) as is_optional,
        cast(null as interval) as warn_after,
        cast(null as interval) as error_after
    where false
    {% endfor %}
),

arrived as (

    select
        vendor,
        table_name,
        cast(count(*) filter (where business_date = {{ business_date() }}) as integer) as n_files_tonight,
        max(business_date) as last_arrived_date,
        max(file_date) as last_file_date
    from loads
    group by vendor, table_name

),

aged as (

    select
        expected.*,
        coalesce(arrived.n_files_tonight, 0) as n_files_tonight,
        arrived.last_arrived_date,
        arrived.last_file_date,
        {{ clock() }} - ({{ end_of_day('arrived.last_file_date') }}) as age
    from expected
    left join arrived
        on
            expected.vendor = arrived.vendor
            and expected.table_name = arrived.table_name

),

-- 0 is pass, 1 is warn, 2 is error; what never came is as old as can be, unless the vendor's other exports come and
-- this one is optional.
rated as (

    select
        *,
        case
            when
                last_file_date is null
                and is_optional
                and max(last_file_date) over (partition by vendor) is not null
                then 0
            when last_file_date is null or age > error_after then 2
            when age > warn_after then 1
            else 0
        end as severity
    from aged

),

ranked as (

    select
        *,
        row_number() over (
            partition by kind, vendor
            order by
                severity desc,
                severity = 0 and last_file_date is null,
                last_file_date asc nulls first,
                table_name asc
        ) as staleness_rank
    from rated

),

final as (

    select
        kind,
        vendor,
        cast(sum(n_files_tonight) as integer) as n_files_tonight,
        sum(n_files_tonight) = 0 as is_stale,
        (array['pass', 'warn', 'error'])[max(severity) + 1] as freshness_status,
        max(table_name) filter (where staleness_rank = 1) as stalest_table,
        max(last_file_date) filter (where staleness_rank = 1) as stalest_file_date,
        max(last_arrived_date) as last_arrived_date,
        max(last_file_date) as last_file_date
    from ranked
    group by kind, vendor

)

select * from final
