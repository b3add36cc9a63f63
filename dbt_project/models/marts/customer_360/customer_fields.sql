{{ config(materialized='by_key') }}

with fields as (

    select * from {{ of_changed(ref('int_customer_fields')) }}

),

records as (

    select * from {{ of_changed(ref('int_customer_records')) }}

),

final as (

    select
        fields.customer_id,
        fields.field,
        fields.value,
        fields.source_record_id,
        records.vendor,
        records.record_type,
        fields.won_by,
        fields.n_records,
        fields.n_values,
        fields.since_date
    from fields
    inner join records
        on fields.source_record_id = records.source_record_id

)

select * from final
