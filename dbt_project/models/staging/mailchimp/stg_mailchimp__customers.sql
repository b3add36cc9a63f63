{{ config(enabled='mailchimp' in var('vendors')) }}

with members as (

    select * from {{ ref('base_mailchimp__members') }}

),

renamed as (

    select
        'mailchimp' as vendor,
        'mailchimp:members:' || member_id as source_record_id,
        'contact' as record_type,
        'mailchimp:' || member_id as external_id,
        email as email_raw,
        coalesce(sms_phone, phone) as phone_raw,
        case when sms_phone <> phone then phone end as phone_2_raw,
        first_name as first_name_raw,
        last_name as last_name_raw,
        cast(null as text) as full_name_raw,
        -- The audience keeps day and month only.
        cast(null as date) as birth_date,
        cast(null as text) as language,
        street_address,
        cast(null as text) as city,
        cast(null as text) as postal_code,
        country_code,
        joined_at as created_at,
        changed_at as updated_at,
        file_date,
        first_file_date,
        closed_on
    from members

)

select * from renamed
