with customers as (

    select * from {{ ref('int_customers_unioned') }}

),

identities as (

    select * from {{ ref('stg_identity__customer_records') }}

),

normalised as (

    select * from {{ ref('stg_contacts__normalised') }}
    where is_valid and not is_shared

),

final as (

    select
        customers.source_record_id,
        identities.customer_id,
        customers.vendor,
        customers.record_type,
        identities.evidence,
        emails.contact as email,
        coalesce(phones.contact, second_phones.contact) as phone,
        coalesce(
            first_names.display_name, {{ blank_to_null("regexp_replace(full_names.display_name, '\\s+\\S+$', '')") }}
        ) as first_name,
        coalesce(last_names.display_name, substring(full_names.display_name from '\s(\S+)$')) as last_name,
        customers.birth_date,
        customers.language,
        customers.city,
        customers.postal_code,
        customers.country_code,
        customers.created_at,
        customers.updated_at,
        customers.file_date,
        customers.first_file_date,
        customers.closed_on
    from customers
    inner join identities
        on customers.source_record_id = identities.source_record_id
    left join normalised as emails
        on
            customers.email_raw = emails.contact_raw
            and emails.contact_type = 'email'
            and emails.default_country = '{{ var("default_country") }}'
    left join normalised as phones
        on
            customers.phone_raw = phones.contact_raw
            and phones.contact_type = 'phone'
            and phones.default_country = {{ contact_country('customers.country_code') }}
    left join normalised as second_phones
        on
            customers.phone_2_raw = second_phones.contact_raw
            and second_phones.contact_type = 'phone'
            and second_phones.default_country = {{ contact_country('customers.country_code') }}
    left join normalised as first_names
        on
            customers.first_name_raw = first_names.contact_raw
            and first_names.contact_type = 'name'
            and first_names.default_country = {{ contact_country('customers.country_code') }}
    left join normalised as last_names
        on
            customers.last_name_raw = last_names.contact_raw
            and last_names.contact_type = 'name'
            and last_names.default_country = {{ contact_country('customers.country_code') }}
    left join normalised as full_names
        on
            customers.full_name_raw = full_names.contact_raw
            and full_names.contact_type = 'name'
            and full_names.default_country = {{ contact_country('customers.country_code') }}

)

select * from final
