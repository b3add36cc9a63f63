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
        source_record_id,
        'phone' as key_type,
        phone_key as key_value
    from customers
    where phone_key is not null
    union all
    select
        source_record_id,
        'phone' as key_type,
        phone_2_key as key_value
    from customers
    where
        phone_2_key is not null
        and phone_2_key is distinct from phone_key

),

-- Who answers the survey about an order is taken for the one who placed it.
survey_orders as (

    select
        survey_order_links.respondent_record_id as source_record_id,
        'external_id' as key_type,
        buyers.key_value
    from survey_order_links
    inner join external_ids as buyers
        on survey_order_links.buyer_record_id = buyers.source_record_id
    inner join external_ids as respondents
        on survey_order_links.respondent_record_id = respondents.source_record_id
    where buyers.key_value <> respondents.key_value

),

combined as (

    select * from external_ids
    union all
    select * from emails
    union all
    select * from phones
    union all
    select * from survey_orders

)

select * from combined
