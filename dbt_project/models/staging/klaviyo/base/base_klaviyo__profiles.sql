{{ config(enabled='klaviyo' in var('vendors')) }}

with source as (

    {{ loaded(source('klaviyo', 'profiles')) }}

),

latest as (

    {{ latest_export('source', ['klaviyo_id'], one_row=true) }}

),

renamed as (

    select
        klaviyo_id as profile_id,
        {{ blank_to_null('email') }} as email,
        {{ without_apostrophe('phone_number') }} as phone,
        {{ blank_to_null('first_name') }} as first_name,
        {{ blank_to_null('last_name') }} as last_name,
        {{ blank_to_null('address') }} as street_address,
        {{ blank_to_null('city') }} as city,
        {{ without_apostrophe('zip_code') }} as postal_code,
        {{ country_key('country') }} as country_key,
        {{ blank_to_null('source') }} as source_name,
        -- Klaviyo keeps the refusals it suppresses by beside the consent.
        case
            when upper(email_suppressions) like '%UNSUBSCRIBED%' then 'UNSUBSCRIBED'
            else upper({{ blank_to_null('email_marketing_consent') }})
        end as email_consent,
        {{ to_timestamp_utc('email_marketing_consent_timestamp') }} as email_consent_at,
        upper({{ blank_to_null('sms_marketing_consent') }}) as sms_consent,
        {{ to_timestamp_utc('sms_marketing_consent_timestamp') }} as sms_consent_at,
        upper({{ blank_to_null('email_suppressions') }}) as suppressions,
        {{ to_decimal('historic_customer_lifetime_value') }} as stated_amount,
        cast({{ to_decimal('historic_number_of_orders') }} as integer) as stated_n_orders,
        {{ to_timestamp_utc('coalesce(profile_created_on, first_active, date_added)') }} as created_at,
        {{ to_timestamp_utc('last_active') }} as last_active_at,
        file_date,
        first_file_date,
        closed_on
    from latest

)

select * from renamed
