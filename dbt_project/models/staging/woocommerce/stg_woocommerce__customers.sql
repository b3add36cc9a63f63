{{ config(enabled='woocommerce' in var('vendors')) }}

with customers as (

    select * from {{ ref('base_woocommerce__customers') }}

),

order_lines as (

    select * from {{ ref('base_woocommerce__order_lines') }}

),

orders as (

    select * from {{ ref('base_woocommerce__orders') }}

),

analytics_orders as (

    select * from {{ ref('base_woocommerce__analytics_orders') }}

),

-- Who is on orders of the export plugin, as on their newest one.
buyers as (

    select distinct on (customer_record_id)
        customer_record_id,
        email,
        phone,
        first_name,
        last_name,
        full_name,
        street_address,
        city,
        postal_code,
        country_code,
        min(ordered_at) over (partition by customer_record_id) as first_ordered_at,
        ordered_at as last_ordered_at,
        max(file_date) over (partition by customer_record_id) as file_date,
        min(first_file_date) over (partition by customer_record_id) as first_file_date
    from order_lines
    order by customer_record_id asc, ordered_at desc, order_number desc, line_number asc

),

known as (

    select
        'woocommerce' as vendor,
        coalesce(customers.customer_record_id, buyers.customer_record_id) as source_record_id,
        case when customers.signed_up_at is null then 'guest' else 'shop_customer' end as record_type,
        cast(null as text) as external_id,
        coalesce(customers.email, buyers.email) as email_raw,
        coalesce(customers.phone, buyers.phone) as phone_raw,
        case when customers.phone <> buyers.phone then buyers.phone end as phone_2_raw,
        buyers.first_name as first_name_raw,
        buyers.last_name as last_name_raw,
        case
            when coalesce(buyers.first_name, buyers.last_name) is null
                then coalesce(customers.full_name, buyers.full_name)
        end as full_name_raw,
        cast(null as date) as birth_date,
        cast(null as text) as language,
        buyers.street_address,
        coalesce(buyers.city, customers.city) as city,
        coalesce(buyers.postal_code, customers.postal_code) as postal_code,
        coalesce(buyers.country_code, customers.country_code) as country_code,
        coalesce(customers.signed_up_at, buyers.first_ordered_at) as created_at,
        greatest(customers.last_active_at, buyers.last_ordered_at) as updated_at,
        greatest(customers.file_date, buyers.file_date) as file_date,
        least(customers.first_file_date, buyers.first_file_date) as first_file_date,
        -- Whoever orders afterwards is there.
        case when buyers.file_date is null or buyers.file_date < customers.closed_on then customers.closed_on end
            as closed_on
    from customers
    full outer join buyers
        on customers.customer_record_id = buyers.customer_record_id

),

-- An order that only Analytics tells of, by a name nobody has, or more than one.
unknown as (

    select
        'woocommerce' as vendor,
        orders.customer_record_id as source_record_id,
        'guest' as record_type,
        cast(null as text) as external_id,
        cast(null as text) as email_raw,
        cast(null as text) as phone_raw,
        cast(null as text) as phone_2_raw,
        cast(null as text) as first_name_raw,
        cast(null as text) as last_name_raw,
        analytics_orders.full_name as full_name_raw,
        cast(null as date) as birth_date,
        cast(null as text) as language,
        cast(null as text) as street_address,
        cast(null as text) as city,
        cast(null as text) as postal_code,
        cast(null as text) as country_code,
        analytics_orders.ordered_at as created_at,
        analytics_orders.ordered_at as updated_at,
        analytics_orders.file_date,
        analytics_orders.first_file_date,
        cast(null as date) as closed_on
    from orders
    inner join analytics_orders
        on orders.order_number = analytics_orders.order_number
    left join known
        on orders.customer_record_id = known.source_record_id
    where known.source_record_id is null

),

combined as (

    select * from known
    union all
    select * from unknown

)

select * from combined
