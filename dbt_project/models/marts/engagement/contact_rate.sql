{#-
    Contacts and orders of each month that is over. The trust index is orders per contact beside the mean of the months
    before, up to twelve: 100 is as usual, more is fewer contacts for as many orders.
-#}
with service_contacts as (

    select * from {{ ref('service_contacts') }}

),

orders as (

    select * from {{ ref('orders') }}
    where is_counted

),

contact_months as (

    select
        cast(date_trunc('month', cast(opened_date as timestamp without time zone)) as date) as month,
        count(*) as n_contacts,
        count(distinct customer_id) as n_contacting,
        count(*) filter (where is_answered) as n_answered
    from service_contacts
    group by 1

),

order_months as (

    select
        cast(date_trunc('month', cast(order_date as timestamp without time zone)) as date) as month,
        count(*) as n_orders,
        count(distinct customer_id) as n_buyers
    from orders
    group by 1

),

first_contact as (

    select min(month) as month
    from contact_months

),

-- Before the first contact that is known nobody kept count of them.
months as (

    select
        order_months.month,
        order_months.n_orders,
        order_months.n_buyers,
        coalesce(contact_months.n_contacts, 0) as n_contacts,
        coalesce(contact_months.n_contacting, 0) as n_contacting,
        coalesce(contact_months.n_answered, 0) as n_answered
    from order_months
    inner join first_contact
        on order_months.month >= first_contact.month
    left join contact_months
        on order_months.month = contact_months.month
    where order_months.month + interval '1 month' <= {{ business_date() }} + 1

),

rates as (

    select
        *,
        cast(n_orders as numeric) / nullif(n_contacts, 0) as orders_per_contact,
        cast(n_contacts as numeric) / n_orders as contacts_per_order
    from months

),

compared as (

    select
        *,
        sum(n_orders) over year_before / nullif(sum(n_contacts) over year_before, 0) as usual_orders_per_contact,
        count(*) over year_before as n_months_before
    from rates
    window year_before as (order by month rows between 12 preceding and 1 preceding)

),

final as (

    select
        month,
        cast(n_orders as integer) as n_orders,
        cast(n_buyers as integer) as n_buyers,
        cast(n_contacts as integer) as n_contacts,
        cast(n_contacting as integer) as n_contacting_customers,
        cast(n_answered as integer) as n_answered_contacts,
        cast(round(orders_per_contact, 4) as numeric(18, 4)) as orders_per_contact,
        cast(round(contacts_per_order, 4) as numeric(9, 4)) as contacts_per_order,
        case
            when n_months_before >= {{ var('trust_index_min_months') }}
                then cast(round(100 * orders_per_contact / usual_orders_per_contact, 2) as numeric(18, 2))
        end as trust_index,
        n_contacts < {{ var('min_customers_for_a_share') }} as is_too_thin
    from compared

)

select * from final
