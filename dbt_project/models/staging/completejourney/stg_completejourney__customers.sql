{{ config(enabled='completejourney' in var('vendors')) }}

with transactions as (

    select * from {{ ref('base_completejourney__transactions') }}

),

demographics as (

    select * from {{ ref('base_completejourney__demographics') }}

),

campaigns as (

    select * from {{ ref('base_completejourney__campaigns') }}

),

redemptions as (

    select * from {{ ref('base_completejourney__coupon_redemptions') }}

),

-- A household is known once any table mentions it.
mentions as (

    select
        household_id,
        min(transacted_at) as first_seen_at,
        max(transacted_at) as last_seen_at,
        max(file_date) as file_date
    from transactions
    group by household_id

    union all

    select
        household_id,
        cast(null as timestamp with time zone) as first_seen_at,
        cast(null as timestamp with time zone) as last_seen_at,
        file_date
    from demographics

    union all

    select
        household_id,
        cast(null as timestamp with time zone) as first_seen_at,
        cast(null as timestamp with time zone) as last_seen_at,
        file_date
    from campaigns

    union all

    select
        household_id,
        cast(null as timestamp with time zone) as first_seen_at,
        cast(null as timestamp with time zone) as last_seen_at,
        file_date
    from redemptions

),

households as (

    select
        'completejourney' as vendor,
        'completejourney:households:' || household_id as source_record_id,
        'household' as record_type,
        'completejourney:' || household_id as external_id,
        cast(null as text) as email_raw,
        cast(null as text) as phone_raw,
        cast(null as text) as phone_2_raw,
        cast(null as text) as first_name_raw,
        cast(null as text) as last_name_raw,
        cast(null as text) as full_name_raw,
        cast(null as date) as birth_date,
        cast(null as text) as language,
        cast(null as text) as street_address,
        cast(null as text) as city,
        cast(null as text) as postal_code,
        'US' as country_code,
        min(first_seen_at) as created_at,
        max(last_seen_at) as updated_at,
        max(file_date) as file_date,
        min(file_date) as first_file_date,
        cast(null as date) as closed_on
    from mentions
    group by household_id

)

select * from households
