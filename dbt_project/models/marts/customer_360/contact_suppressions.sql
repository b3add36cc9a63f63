with suppressions as (

    select * from {{ ref('int_suppressions_resolved') }}

),

final as (

    select
        suppression_id,
        customer_id,
        contact_type,
        contact,
        channel,
        reason,
        source,
        suppressed_at
    from suppressions

)

select * from final
