{{ config(enabled='salesforce' in var('vendors')) }}

with contacts as (

    select * from {{ ref('base_salesforce__contacts') }}

),

countries as (

    select * from {{ ref('country_names') }}

),

renamed as (

    select
        'salesforce' as vendor,
        'salesforce:contacts:' || contacts.contact_id as source_record_id,
        'contact' as record_type,
        'salesforce:' || contacts.contact_id as external_id,
        contacts.email as email_raw,
        coalesce(contacts.mobile_phone, contacts.phone) as phone_raw,
        case when contacts.mobile_phone is not null then contacts.phone end as phone_2_raw,
        contacts.first_name as first_name_raw,
        contacts.last_name as last_name_raw,
        cast(null as text) as full_name_raw,
        contacts.birth_date,
        cast(null as text) as language,
        contacts.street_address,
        contacts.city,
        contacts.postal_code,
        coalesce(contacts.country_code, countries.country_code) as country_code,
        contacts.created_at,
        contacts.updated_at,
        contacts.file_date,
        contacts.first_file_date,
        contacts.closed_on
    from contacts
    left join countries
        on contacts.country_key = countries.country_name

)

select * from renamed
