with customers as (

    select * from {{ ref('int_customers_unioned') }}

),

normalised as (

    select * from {{ ref('stg_contacts__normalised') }}
    where is_valid and not is_shared

),

survey_order_links as (

    select * from {{ ref('int_survey_order_links') }}

),

-- Every record has this key, so that nobody is left without a person.
external_ids as (

    select
        source_record_id,
        'external_id' as key_type,
        coalesce(external_id, source_record_id) as key_value
    from customers

),

emails as (

    select
        customers.source_record_id,
        'email' as key_type,
        normalised.contact as key_value
    from customers
    inner join normalised
        on
            customers.email_raw = normalised.contact_raw
            and normalised.contact_type = 'email'
            and normalised.default_country = '{{ var("default_country") }}'

),

phones_raw as (

    select
        customers.source_record_id,
        numbers.phone_raw,
        {{ contact_country('customers.country_code') }} as default_country
    from customers
    cross join lateral (values (customers.phone_raw), (customers.phone_2_raw)) as numbers (phone_raw)
    where numbers.phone_raw is not null

),

phones as (

    select
        phones_raw.source_record_id,
        'phone' as key_type,
        normalised.contact as key_value
    from phones_raw
    inner join normalised
        on
            phones_raw.phone_raw = normalised.contact_raw
            and phones_raw.default_country = normalised.default_country
            and normalised.contact_type = 'phone'

),

-- Who answers the survey about an order is taken for the one who placed it.
survey_orders as (

    select
        survey_order_links.respondent_record_id as source_record_id,
        'external_id' as key_type,
        external_ids.key_value
    from survey_order_links
    inner join external_ids
        on survey_order_links.buyer_record_id = external_ids.source_record_id

),

combined as (

    select * from external_ids
    union
    select * from emails
    union
    select * from phones
    union
    select * from survey_orders

)

select * from combined
