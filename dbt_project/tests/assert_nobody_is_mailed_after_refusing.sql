-- A person whose newest word on marketing by e-mail, on whichever address, is no may not be marked as allowed.
with customers as (

    select customer_id
    from {{ ref('customers') }}
    where is_email_marketing_allowed

),

newest as (

    select distinct on (customer_id)
        customer_id,
        status
    from {{ ref('contact_permissions') }}
    where channel = 'email' and purpose = 'marketing'
    order by customer_id asc, changed_at desc, status desc

)

select newest.customer_id
from newest
inner join customers
    on newest.customer_id = customers.customer_id
where newest.status = 'refused'
