{{ config(materialized='by_key') }}

{#- Fields that are chosen together, as an address is; a group of one has its field's name. -#}
{%- set field_groups = {
    'name': ['first_name', 'last_name'],
    'email': ['email'],
    'phone': ['phone'],
    'birth_date': ['birth_date'],
    'language': ['language'],
    'address': ['city', 'postal_code', 'country_code'],
} -%}
{%- set criteria = ['first', 'second', 'third', 'fourth'] -%}

-- Read twice, by whether there is anything to choose from: Postgres would write them down in full.
with records as not materialized (

    select
        *,
        coalesce(cast(updated_at as date), first_file_date) as since_date,
        count(*) over (partition by customer_id) as n_of_person
    from {{ of_changed(ref('int_customer_records')) }}

),

-- A column per group of fields, so that a record is joined once.
source_trust as (

    select
        {%- for field_group in field_groups %}
            max(trust) filter (where field_group = '{{ field_group }}') as {{ field_group }}_trust,
        {%- endfor %}
        record_type
    from {{ ref('source_trust') }}
    group by record_type

),

rules as (

    select * from {{ ref('survivorship_rules') }}

),

observed as (

    select
        records.customer_id,
        records.source_record_id,
        fields.field_group,
        fields.value_1,
        fields.value_2,
        fields.value_3,
        num_nonnulls(fields.value_1, fields.value_2, fields.value_3) as completeness,
        coalesce(fields.trust, 0) as trust,
        records.recency,
        records.since_date,
        records.closed_on is null as is_listed
    from records
    left join source_trust
        on records.record_type = source_trust.record_type
    cross join
        lateral (
            values
            {%- for field_group, fields in field_groups.items() %}
                (
                    '{{ field_group }}',
                    {%- for place in range(3) %}
                        {{ "cast(records." ~ fields[place] ~ " as text)" if place < fields | length else "null" }},
                    {%- endfor %}
                    source_trust.{{ field_group }}_trust
                ){{ "," if not loop.last }}
            {%- endfor %}
        ) as fields (field_group, value_1, value_2, value_3, trust)
    where
        records.n_of_person > 1
        and num_nonnulls(fields.value_1, fields.value_2, fields.value_3) > 0

),

candidates as (

    select
        customer_id,
        field_group,
        value_1,
        value_2,
        value_3,
        (
            array_agg(
                source_record_id
                order by is_listed desc, trust desc, recency desc, source_record_id asc
            )
        )[1] as source_record_id,
        max(completeness) as completeness,
        max(trust) as trust,
        cast(count(*) as integer) as agreement,
        max(recency) as recency,
        min(since_date) as since_date,
        bool_or(is_listed) as is_listed
    from observed
    group by customer_id, field_group, value_1, value_2, value_3

),

scored as (

    select
        {%- for nth in criteria %}
            rules.{{ nth }}_criterion,
            {{ survivorship_score('rules.' ~ nth ~ '_criterion') }} as {{ nth }}_score,
        {%- endfor %}
        candidates.*
    from candidates
    inner join rules
        on candidates.field_group = rules.field_group

),

-- Each beside the one it comes before.
ranked as (

    select
        *,
        row_number() over ranking as nth_value,
        cast(count(*) over ranking as integer) as n_values,
        {%- for nth in criteria %}
            lead({{ nth }}_score) over ranking as next_{{ nth }}_score,
        {%- endfor %}
        lead(is_listed) over ranking as next_is_listed
    from scored
    window ranking as (
        partition by customer_id, field_group
        order by
            is_listed desc,
            {%- for nth in criteria %}
                {{ nth }}_score desc,
            {%- endfor %}
            source_record_id asc
        rows between unbounded preceding and unbounded following
    )

),

winners as (

    select
        customer_id,
        field_group,
        value_1,
        value_2,
        value_3,
        source_record_id,
        case
            when n_values = 1 then 'only_value'
            when is_listed and not next_is_listed then 'listed'
            {%- for nth in criteria %}
                when {{ nth }}_score > next_{{ nth }}_score then {{ nth }}_criterion
            {%- endfor %}
            else 'tie'
        end as won_by,
        agreement as n_records,
        n_values,
        since_date
    from ranked
    where nth_value = 1

),

chosen as (

    select
        winners.customer_id,
        fields.field,
        fields.value,
        winners.source_record_id,
        winners.won_by,
        winners.n_records,
        winners.n_values,
        winners.since_date
    from winners
    cross join
        lateral (
            values
            {%- for place in range(3) %}
                (
                    case winners.field_group
                        {%- for field_group, fields in field_groups.items() if fields | length > [place, 1] | max %}
                            when '{{ field_group }}' then '{{ fields[place] }}'
                        {%- endfor %}
                        {%- if place == 0 %}
                            else winners.field_group
                        {%- endif %}
                    end,
                    winners.value_{{ place + 1 }}
                ){{ "," if not loop.last }}
            {%- endfor %}
        ) as fields (field, value)
    where fields.value is not null

),

-- Of a single record there is nothing to choose from.
alone as (

    select
        records.customer_id,
        fields.field,
        fields.value,
        records.source_record_id,
        'only_value' as won_by,
        1 as n_records,
        1 as n_values,
        records.since_date
    from records
    cross join
        lateral (
            values
            {%- for field in field_groups.values() | sum(start=[]) %}
                ('{{ field }}', cast(records.{{ field }} as text)){{ "," if not loop.last }}
            {%- endfor %}
        ) as fields (field, value)
    where
        records.n_of_person = 1
        and fields.value is not null

),

final as (

    select * from chosen
    union all
    select * from alone

)

select * from final
