{{ config(enabled='shopify' in var('vendors')) }}

with customers as (

    select * from {{ ref('base_shopify__customers') }}

),

orders as (

    select * from {{ ref('base_shopify__orders') }}

),

checkouts as (

    select * from {{ ref('base_shopify__checkouts') }}

),

accounts as (

    select
        'shopify' as vendor,
        'shopify:customers:' || shop_customer_key as source_record_id,
        'shop_customer' as record_type,
        'shopify:' || customer_id as external_id,
        email as email_raw,
        phone as phone_raw,
        address_phone as phone_2_raw,
        first_name as first_name_raw,
        last_name as last_name_raw,
        cast(null as text) as full_name_raw,
        cast(null as date) as birth_date,
        cast(null as text) as language,
        street_address,
        city,
        postal_code,
        country_code,
        -- The export says neither when an account was opened nor when it changed.
        cast(null as timestamp with time zone) as created_at,
        cast(null as timestamp with time zone) as updated_at,
        file_date,
        first_file_date,
        closed_on
    from customers

),

-- Orders and unfinished checkouts know their buyer only by contact details: those with the same ones are one record.
contacts as (

    select
        {{ shopify_buyer_record_id() }} as source_record_id,
        email,
        phone,
        billing_name,
        billing_address,
        billing_city,
        billing_zip,
        billing_country,
        created_at,
        file_date
    from orders
    where is_order_row

    union all

    select
        {{ shopify_buyer_record_id() }} as source_record_id,
        email,
        phone,
        billing_name,
        cast(null as text) as billing_address,
        cast(null as text) as billing_city,
        cast(null as text) as billing_zip,
        billing_country,
        created_at,
        file_date
    from checkouts

),

buyers as (

    select
        'shopify' as vendor,
        source_record_id,
        'guest' as record_type,
        cast(null as text) as external_id,
        (array_agg(email order by created_at desc))[1] as email_raw,
        (array_agg(phone order by created_at desc))[1] as phone_raw,
        cast(null as text) as phone_2_raw,
        cast(null as text) as first_name_raw,
        cast(null as text) as last_name_raw,
        (array_agg(billing_name order by created_at desc))[1] as full_name_raw,
        cast(null as date) as birth_date,
        cast(null as text) as language,
        (array_agg(billing_address order by billing_address is null, created_at desc))[1] as street_address,
        (array_agg(billing_city order by billing_city is null, created_at desc))[1] as city,
        (array_agg(billing_zip order by billing_zip is null, created_at desc))[1] as postal_code,
        (array_agg(billing_country order by billing_country is null, created_at desc))[1] as country_code,
        min(created_at) as created_at,
        max(created_at) as updated_at,
        max(file_date) as file_date,
        min(file_date) as first_file_date,
        cast(null as date) as closed_on
    from contacts
    group by source_record_id

),

combined as (

    select * from accounts
    union all
    select * from buyers

)

select * from combined
