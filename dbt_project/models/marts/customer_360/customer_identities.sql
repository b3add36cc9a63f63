with records as (

    select * from {{ ref('int_customer_records') }}

),

final as (

    select
        source_record_id,
        customer_id,
        vendor,
        record_type,
        evidence,
        created_at as first_seen_at,
        closed_on
    from records

)

select * from final
