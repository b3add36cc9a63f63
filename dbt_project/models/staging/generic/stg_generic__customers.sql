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
-- An event to come has seen nobody yet.
{%- set customer = ['customer_record_id', 'customer_id', 'email'] %}
{%- set referrer = ['referrer_record_id', 'referrer_customer_id', 'referrer_email'] %}
{%- set referred = ['referred_record_id', 'referred_customer_id', 'referred_email'] %}
{%- set files = [
    ('orders', customer, 'ordered_at'),
    ('reviews', customer, 'reviewed_at'),
    ('referrals', referrer, 'referred_at'),
    ('referrals', referred, 'referred_at'),
    ('loyalty_points', customer, 'occurred_at'),
    ('checkouts', customer, 'started_at'),
    ('memberships', customer, 'joined_at'),
    ('event_attendances', customer, as_of_night('occurred_at')),
] %}
mentions as (
    {%- for file, (record, id, email), seen_at in files %}

        select
            {{ record }} as customer_record_id,
            {{ id }} as customer_id,
            {{ email }} as email,
            {{ 'phone' if file == 'checkouts' else 'cast(null as text) as phone' }},
            {{ 'full_name' if file == 'checkouts' else 'cast(null as text) as full_name' }},
            {{ seen_at }} as seen_at,
            file_date,
            first_file_date
        from {{ file }}
        where {{ record }} is not null
        {%- if not loop.last %}

            union all
        {%- endif %}
    {%- endfor %}

),

mentioned as (

    select
        'generic' as vendor,
        mentions.customer_record_id as source_record_id,
        case when min(mentions.customer_id) is null then 'guest' else 'shop_customer' end as record_type,
        'generic:' || min(mentions.customer_id) as external_id,
        (
            array_agg(
                mentions.email
                order by mentions.email is null, mentions.seen_at desc nulls last
            )
        )[1] as email_raw,
        (
            array_agg(
                mentions.phone
                order by mentions.phone is null, mentions.seen_at desc nulls last
            )
        )[1] as phone_raw,
        cast(null as text) as phone_2_raw,
        cast(null as text) as first_name_raw,
        cast(null as text) as last_name_raw,
        (
            array_agg(
                mentions.full_name
                order by mentions.full_name is null, mentions.seen_at desc nulls last
            )
        )[1] as full_name_raw,
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
