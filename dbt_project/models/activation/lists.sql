with

allocation as (
    select * from {{ ref('allocation') }}
    where is_allocated
),

segment_members as (
    select * from {{ ref('segment_members') }}
),

customers as (
    select * from {{ live('customers') }}
),

final as (
    select
        {{ business_date() }} as business_date,
        allocation.segment,
        destinations.destination,
        allocation.customer_id,
        allocation.channel,
        allocation.contact,
        customers.language as locale,
        customers.first_name,
        segment_members.reason,
        segment_members.offer,
        segment_members.valid_until,
        allocation.send_not_before,
        allocation.send_not_after,
        customers.last_name,
        customers.birth_date,
        customers.city,
        customers.postal_code,
        customers.country_code
    from allocation
    inner join segment_members
        on
            allocation.segment = segment_members.segment
            and allocation.customer_id = segment_members.customer_id
    inner join customers
        on allocation.customer_id = customers.customer_id
    cross join lateral unnest(string_to_array(segment_members.destinations, ',')) as destinations (destination)
)

select * from final
