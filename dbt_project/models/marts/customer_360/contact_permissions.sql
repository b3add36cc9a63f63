with consents as (

    select * from {{ ref('int_consents_latest') }}

),

final as (

    select
        contact_type,
        contact,
        channel,
        purpose,
        customer_id,
        status,
        source,
        changed_at
    from consents

)

select * from final
