{{ config(enabled='hubspot' in var('vendors')) }}

with source as (

    {{ loaded(source('hubspot', 'consents')) }}

),

latest as (

    {{ latest_export(
        'source', ['record_id', 'channel', 'purpose', 'email', 'phone_number', 'updated_at'], one_row=true
    ) }}

),

renamed as (

    select
        record_id,
        lower({{ blank_to_null('channel') }}) as channel,
        lower({{ blank_to_null('purpose') }}) as purpose,
        -- Anything but a clear opt-in denies.
        case when upper(btrim(status)) = 'OPT_IN' then 'granted' else 'refused' end as status,
        {{ blank_to_null('email') }} as email,
        {{ blank_to_null('phone_number') }} as phone_number,
        source as source_name,
        {{ to_timestamp_utc('updated_at', 'Europe/Istanbul') }} as changed_at
    from latest

)

select * from renamed
