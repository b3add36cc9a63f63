{#-
    The members that one of Mailchimp's audience files lists, as last exported. The files differ in the column that says
    since when a member has that status; everything else is alike.
-#}
{% macro mailchimp_members(table_name, status_since, campaign_id='cast(null as text)', campaign_title='cast(null as text)') %}
with source as (

    {{ loaded(source('mailchimp', table_name)) }}

),

latest as (

    {{ latest_export('source', ['leid'], one_row=true) }}

),

renamed as (

    select
        leid as member_id,
        '{{ table_name }}' as listed_as,
        {{ to_timestamp_utc(status_since) }} as status_since,
        {{ campaign_id }} as campaign_id,
        {{ campaign_title }} as campaign_title,
        {{ blank_to_null('email_address') }} as email,
        {{ blank_to_null('first_name') }} as first_name,
        {{ blank_to_null('last_name') }} as last_name,
        {{ without_apostrophe('phone_number') }} as phone,
        {{ without_apostrophe('sms_phone_number') }} as sms_phone,
        lower({{ blank_to_null('sms_marketing_status') }}) as sms_status,
        -- One cell: street, town, region, postal code and country with two blanks between them.
        {{ blank_to_null("split_part(address, '  ', 1)") }} as street_address,
        upper({{ blank_to_null('country_code') }}) as country_code,
        {{ to_timestamp_utc('coalesce(optin_time, confirm_time)') }} as joined_at,
        {{ to_timestamp_utc('last_changed') }} as changed_at,
        file_date,
        first_file_date,
        closed_on
    from latest

)

select * from renamed
{% endmacro %}
