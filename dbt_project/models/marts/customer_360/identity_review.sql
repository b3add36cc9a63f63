with doubts as (

    select * from {{ ref('int_identity_doubts') }}

),

final as (

    select
        one_record_id,
        other_record_id,
        one_customer_id,
        other_customer_id,
        agreement,
        cast(round(cast(probability as numeric), 4) as numeric(5, 4)) as probability_rate,
        is_contested
    from doubts

)

select * from final
