with

customers as (
    select * from {{ live('customers') }}
),

service_contacts as (
    select * from {{ live('service_contacts') }}
),

open_cases as (
    select distinct customer_id
    from service_contacts
    where is_open
),

final as (
    select
        customers.customer_id,
        customers.email,
        customers.phone,
        coalesce(customers.country_code, '') as country_code,
        customers.closed_on is not null as is_closed,
        -- Completed years of age: born on 29 February, in a common year they are a year older on 1 March.
        coalesce(
            extract(year from age(cast({{ business_date() }} as timestamp), cast(customers.birth_date as timestamp)))
            < {{ var('adult_age') }},
            false
        ) as is_minor,
        open_cases.customer_id is not null as has_open_case
    from customers
    left join open_cases
        on customers.customer_id = open_cases.customer_id
)

select * from final
