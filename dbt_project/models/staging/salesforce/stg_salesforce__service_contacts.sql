{{ config(enabled='salesforce' in var('vendors')) }}

with source as (

    {{ loaded(source('salesforce', 'cases')) }}

),

latest as (

    {{ latest_export('source', ['case_number'], one_row=true) }}

),

renamed as (

    select
        'salesforce' as vendor,
        'salesforce:cases:' || case_number as source_record_id,
        'salesforce:' || case_number as service_contact_id,
        'salesforce:contacts:' || left({{ blank_to_null('contact_id') }}, 15) as customer_record_id,
        lower({{ blank_to_null('coalesce(reason, type)') }}) as topic,
        lower({{ blank_to_null('priority') }}) as priority,
        lower({{ blank_to_null('origin') }}) as channel,
        {{ blank_to_null('owner_id') }} as team,
        {{ blank_to_null('status') }} as status,
        {{ blank_to_null('description') }} as message,
        {{ to_timestamp_utc('created_date') }} as opened_at,
        -- Salesforce exports no first reply; who has a closed case was answered by then at the latest.
        {{ to_timestamp_utc('closed_date') }} as first_reply_at,
        {{ to_timestamp_utc('closed_date') }} as closed_at
    from latest
    where not coalesce({{ is_yes('is_deleted') }}, false)

)

select * from renamed
