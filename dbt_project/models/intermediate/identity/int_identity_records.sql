with customers as (

    select * from {{ ref('int_customers_normalised') }}

),

survey_order_links as (

    select * from {{ ref('int_survey_order_links') }}

),

-- Who answers the survey about an order is taken for the one who placed it.
buyers as (

    select
        survey_order_links.respondent_record_id as source_record_id,
        customers.external_id
    from survey_order_links
    inner join customers
        on survey_order_links.buyer_record_id = customers.source_record_id

),

final as (

    select
        customers.source_record_id,
        customers.given_name_key,
        customers.surname_key,
        to_char(customers.birth_date, 'YYYYMMDD') as birth_date_digits,
        customers.street_key,
        customers.city_key,
        customers.postal_code_key,
        customers.country_code,
        customers.email_key,
        customers.phone_key,
        customers.phone_2_key,
        customers.external_id,
        buyers.external_id as buyer_external_id
    from customers
    left join buyers
        on customers.source_record_id = buyers.source_record_id

)

select * from final
