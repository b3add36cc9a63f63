with

delivery_members as (
    select * from {{ ref('stg_send_ledger__delivery_members') }}
),

final as (
    select
        segment,
        customer_id,
        max(business_date) as last_sent_date
    from delivery_members
    group by segment, customer_id
)

select * from final
