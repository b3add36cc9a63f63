with customers as (

    select * from {{ ref('int_customers_normalised') }}

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
        source_record_id,
        'email' as key_type,
        email_key as key_value
    from customers
    where email_key is not null

),

phones as (

    select
        customers.source_record_id,
        'phone' as key_type,
        numbers.phone_key as key_value
    from customers
    cross join lateral (values (customers.phone_key), (customers.phone_2_key)) as numbers (phone_key)
    where numbers.phone_key is not null

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
