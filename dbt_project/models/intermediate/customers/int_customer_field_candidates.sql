{{ config(materialized='by_key') }}

with records as (

    select * from {{ of_changed(ref('int_customer_records')) }}

),

source_trust as (

    select * from {{ ref('source_trust') }}

),

observed as (

    select
        records.customer_id,
        records.source_record_id,
        records.record_type,
        fields.field_group,
        fields.field_values,
        fields.completeness,
        records.recency,
        coalesce(cast(records.updated_at as date), records.first_file_date) as since_date,
        records.closed_on is null as is_listed
    from records
    cross join
        lateral (
            values
            (
                'name',
                jsonb_build_array(records.first_name, records.last_name),
                num_nonnulls(records.first_name, records.last_name)
            ),
            ('email', jsonb_build_array(records.email), num_nonnulls(records.email)),
            ('phone', jsonb_build_array(records.phone), num_nonnulls(records.phone)),
            ('birth_date', jsonb_build_array(records.birth_date), num_nonnulls(records.birth_date)),
            ('language', jsonb_build_array(records.language), num_nonnulls(records.language)),
            (
                'address',
                jsonb_build_array(records.city, records.postal_code, records.country_code),
                num_nonnulls(records.city, records.postal_code, records.country_code)
            )
        ) as fields (field_group, field_values, completeness)
    where fields.completeness > 0

),

trusted as (

    select
        observed.*,
        coalesce(source_trust.trust, 0) as trust,
        row_number() over (
            partition by observed.customer_id, observed.field_group, observed.field_values
            order by
                observed.is_listed desc, source_trust.trust desc nulls last, observed.recency desc,
                observed.source_record_id asc
        ) as nth_record
    from observed
    left join source_trust
        on observed.record_type = source_trust.record_type and observed.field_group = source_trust.field_group

),

final as (

    select
        customer_id,
        field_group,
        field_values,
        max(source_record_id) filter (where nth_record = 1) as source_record_id,
        max(completeness) as completeness,
        max(trust) as trust,
        cast(count(*) as integer) as agreement,
        max(recency) as recency,
        min(since_date) as since_date,
        bool_or(is_listed) as is_listed
    from trusted
    group by customer_id, field_group, field_values

)

select * from final
