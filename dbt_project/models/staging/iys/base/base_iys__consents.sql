{{ config(enabled='iys' in var('vendors')) }}

with source as (

    {{ loaded(source('iys', 'consents')) }}

),

latest as (

    {{ latest_export('source', ['recipient', 'recipient_type', 'type', 'consent_date'], one_row=true) }}

),

renamed as (

    select
        md5(lower(btrim(recipient))) as recipient_key,
        btrim(recipient) as recipient,
        coalesce(upper({{ blank_to_null('recipient_type') }}), 'BIREYSEL') = 'TACIR' as is_merchant,
        case replace(upper(btrim(type)), '-', '')
            when 'ARAMA' then 'phone'
            when 'MESAJ' then 'sms'
            when 'EPOSTA' then 'email'
        end as channel,
        -- Anything but a clear yes denies.
        case when upper(btrim(status)) in ('ONAY', '1') then 'granted' else 'refused' end as status,
        {{ blank_to_null('source') }} as source_name,
        {{ to_timestamp_utc('consent_date', 'Europe/Istanbul') }} as decided_at,
        file_date,
        first_file_date,
        closed_on
    from latest

)

select * from renamed
