{{ config(enabled='generic' in var('vendors')) }}

with listed as (

    select * from {{ ref('base_generic__customers') }}

),

orders as (

    select * from {{ ref('base_generic__order_totals') }}

),

reviews as (

    select * from {{ ref('base_generic__reviews') }}

),

referrals as (

    select * from {{ ref('base_generic__referrals') }}

),

loyalty_points as (

    select * from {{ ref('base_generic__loyalty_points') }}

),

checkouts as (

    select * from {{ ref('base_generic__checkouts') }}

),

memberships as (

    select * from {{ ref('base_generic__memberships') }}

),

event_attendances as (

    select * from {{ ref('base_generic__event_attendances') }}

),

-- Whoever the other files name exists, whether or not there is a file of customers.
{%- set no_name = 'cast(null as text) as phone, cast(null as text) as full_name' %}
mentions as (

    select
        customer_record_id,
        customer_id,
        email,
        {{ no_name }},
        ordered_at as seen_at,
        file_date,
        first_file_date
    from orders

    union all

    select
        customer_record_id,
        customer_id,
        email,
        {{ no_name }},
        reviewed_at as seen_at,
        file_date,
        first_file_date
    from reviews

    union all

    select
        referrer_record_id as customer_record_id,
        referrer_customer_id as customer_id,
        referrer_email as email,
        {{ no_name }},
        referred_at as seen_at,
        file_date,
        first_file_date
    from referrals

    union all

    select
        referred_record_id as customer_record_id,
        referred_customer_id as customer_id,
        referred_email as email,
        {{ no_name }},
        referred_at as seen_at,
        file_date,
        first_file_date
    from referrals
    where referred_record_id is not null

    union all

    select
        customer_record_id,
        customer_id,
        email,
        {{ no_name }},
        occurred_at as seen_at,
        file_date,
        first_file_date
    from loyalty_points

    union all

    select
        customer_record_id,
        customer_id,
        email,
        phone,
        full_name,
        started_at as seen_at,
        file_date,
        first_file_date
    from checkouts

    union all

    select
        customer_record_id,
        customer_id,
        email,
        {{ no_name }},
        joined_at as seen_at,
        file_date,
        first_file_date
    from memberships

    union all

    select
        customer_record_id,
        customer_id,
        email,
        {{ no_name }},
        occurred_at as seen_at,
        file_date,
        first_file_date
    from event_attendances

),

mentioned as (

    select
        'generic' as vendor,
        mentions.customer_record_id as source_record_id,
        case when min(mentions.customer_id) is null then 'guest' else 'shop_customer' end as record_type,
        'generic:' || min(mentions.customer_id) as external_id,
        (array_agg(mentions.email order by mentions.email is null, mentions.seen_at desc))[1] as email_raw,
        (array_agg(mentions.phone order by mentions.phone is null, mentions.seen_at desc))[1] as phone_raw,
        cast(null as text) as phone_2_raw,
        cast(null as text) as first_name_raw,
        cast(null as text) as last_name_raw,
        (array_agg(mentions.full_name order by mentions.full_name is null, mentions.seen_at desc))[1] as full_name_raw,
        cast(null as date) as birth_date,
        cast(null as text) as language,
        cast(null as text) as street_address,
        cast(null as text) as city,
        cast(null as text) as postal_code,
        cast(null as text) as country_code,
        min(mentions.seen_at) as created_at,
        max(mentions.seen_at) as updated_at,
        max(mentions.file_date) as file_date,
        min(mentions.first_file_date) as first_file_date,
        cast(null as date) as closed_on
    from mentions
    left join listed
        on mentions.customer_record_id = listed.source_record_id
    where listed.source_record_id is null
    group by mentions.customer_record_id

),

combined as (

    select * from listed
    union all
    select * from mentioned

)

select * from combined
