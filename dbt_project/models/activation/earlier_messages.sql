{#-
    What each person was sent on earlier nights, whoever they were then: of a person who was two, both count. A list
    that went to two destinations is one message.
-#}
with

delivery_members as (
    select * from {{ ref('stg_send_ledger__delivery_members') }}
),

deliveries as (
    select * from {{ ref('stg_send_ledger__deliveries') }}
),

customer_aliases as (
    select * from {{ live('customer_aliases') }}
),

final as (
    select
        delivery_members.business_date,
        delivery_members.segment,
        delivery_members.customer_id as sent_as_id,
        coalesce(customer_aliases.customer_id, delivery_members.customer_id) as customer_id,
        delivery_members.channel,
        bool_or(coalesce(deliveries.is_marketing, true)) as is_marketing
    from delivery_members
    left join deliveries
        on
            delivery_members.business_date = deliveries.business_date
            and delivery_members.segment = deliveries.segment
            and delivery_members.destination = deliveries.destination
    left join customer_aliases
        on delivery_members.customer_id = customer_aliases.alias_id
    group by 1, 2, 3, 4, 5
)

select * from final
