{{ config(materialized='by_key') }}

{%- set criteria = ['first', 'second', 'third', 'fourth'] -%}

with candidates as (

    select * from {{ of_changed(ref('int_customer_field_candidates')) }}

),

rules as (

    select * from {{ ref('survivorship_rules') }}

),

scored as (

    select
        candidates.*,
        {%- for nth in criteria %}
            rules.{{ nth }}_criterion,
            {{ survivorship_score('rules.' ~ nth ~ '_criterion') }} as {{ nth }}_score,
        {%- endfor %}
        count(*) over (partition by candidates.customer_id, candidates.field_group) as n_values
    from candidates
    inner join rules
        on candidates.field_group = rules.field_group

),

-- Each beside the one it comes before.
ranked as (

    select
        *,
        row_number() over (ranking) as nth_value,
        {%- for nth in criteria %}
            lead({{ nth }}_score) over (ranking) as next_{{ nth }}_score,
        {%- endfor %}
        lead(is_listed) over (ranking) as next_is_listed
    from scored
    window ranking as (
        partition by customer_id, field_group
        order by
            is_listed desc,
            {%- for nth in criteria %}
                {{ nth }}_score desc,
            {%- endfor %}
            source_record_id asc
    )

),

winners as (

    select
        customer_id,
        field_group,
        field_values,
        source_record_id,
        n_values,
        agreement,
        since_date,
        case
            when n_values = 1 then 'only_value'
            when is_listed and not next_is_listed then 'listed'
            {%- for nth in criteria %}
                when {{ nth }}_score > next_{{ nth }}_score then {{ nth }}_criterion
            {%- endfor %}
            else 'tie'
        end as won_by
    from ranked
    where nth_value = 1

),

-- Fields that are chosen together, by their place among the values.
field_names as (

    select *
    from (
        values
        ('name', 'first_name', 0),
        ('name', 'last_name', 1),
        ('email', 'email', 0),
        ('phone', 'phone', 0),
        ('birth_date', 'birth_date', 0),
        ('language', 'language', 0),
        ('address', 'city', 0),
        ('address', 'postal_code', 1),
        ('address', 'country_code', 2)
    ) as names (field_group, field, place)

),

final as (

    select
        winners.customer_id,
        field_names.field,
        winners.field_values ->> field_names.place as value,
        winners.source_record_id,
        winners.won_by,
        winners.agreement as n_records,
        cast(winners.n_values as integer) as n_values,
        winners.since_date
    from winners
    inner join field_names
        on winners.field_group = field_names.field_group
    where winners.field_values ->> field_names.place is not null

)

select * from final
