with

earlier_messages as (
    select * from {{ ref('earlier_messages') }}
),

final as (
    select
        segment,
        customer_id,
        max(business_date) as last_sent_date
    from earlier_messages
    group by segment, customer_id
)

select * from final
