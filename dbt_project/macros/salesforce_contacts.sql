{#-
    Contacts of one of Salesforce's exports, as last exported. A report writes the first 15 characters of an id, the data
    export all 18, of which the last three only check the others.
-#}
{% macro salesforce_contacts(table_name, time_zone) %}
with source as (

    {{ loaded(source('salesforce', table_name)) }}

),

keyed as (

    select
        *,
        left(id, 15) as contact_id
    from source

),

latest as (

    {{ latest_export('keyed', ['contact_id'], one_row=true) }}

),

renamed as (

    select
        contact_id,
        coalesce({{ is_yes('is_deleted') }}, false) as is_deleted,
        {{ blank_to_null('email') }} as email,
        {{ without_apostrophe('mobile_phone') }} as mobile_phone,
        {{ without_apostrophe('coalesce(phone, home_phone, other_phone)') }} as phone,
        {{ blank_to_null('first_name') }} as first_name,
        {{ blank_to_null('last_name') }} as last_name,
        cast(birthdate as date) as birth_date,
        {{ blank_to_null('mailing_street') }} as street_address,
        {{ blank_to_null('mailing_city') }} as city,
        {{ blank_to_null('mailing_postal_code') }} as postal_code,
        upper({{ blank_to_null('mailing_country_code') }}) as country_code,
        {{ country_key('mailing_country') }} as country_key,
        coalesce({{ is_yes('has_opted_out_of_email') }}, false) as is_email_refused,
        coalesce({{ is_yes('do_not_call') }}, false) as is_phone_refused,
        {{ to_timestamp_utc('email_bounced_date', time_zone) }} as email_bounced_at,
        {{ to_timestamp_utc('created_date', time_zone) }} as created_at,
        {{ to_timestamp_utc('last_modified_date', time_zone) }} as updated_at,
        file_date,
        first_file_date,
        closed_on
    from latest

)

select * from renamed
{% endmacro %}
