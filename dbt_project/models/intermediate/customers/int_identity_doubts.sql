with pairs as (

    select * from {{ ref('stg_identity__pairs_for_review') }}

),

records as (

    select * from {{ ref('int_customer_records') }}

),

final as (

    select
        pairs.one_record_id,
        pairs.other_record_id,
        records.customer_id as one_customer_id,
        other_records.customer_id as other_customer_id,
        pairs.agreement,
        pairs.probability,
        pairs.is_contested
    from pairs
    inner join records
        on pairs.one_record_id = records.source_record_id
    inner join records as other_records
        on pairs.other_record_id = other_records.source_record_id

)

select * from final
