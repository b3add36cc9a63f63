{{ config(enabled='hubspot' in var('vendors')) }}

with source as (

    {{ loaded(source('hubspot', 'tickets')) }}

),

latest as (

    {{ latest_export('source', ['ticket_id'], one_row=true) }}

),

renamed as (

    select
        'hubspot' as vendor,
        'hubspot:tickets:' || ticket_id as source_record_id,
        'hubspot:' || ticket_id as service_contact_id,
        -- Of several contacts on a ticket the first is the one who asked.
        'hubspot:contacts:' || nullif(btrim(split_part(associated_contact_ids, ';', 1)), '') as customer_record_id,
        lower({{ blank_to_null('category') }}) as topic,
        lower({{ blank_to_null('priority') }}) as priority,
        lower({{ blank_to_null('source') }}) as channel,
        {{ blank_to_null('owner_team') }} as team,
        {{ blank_to_null('ticket_status') }} as status,
        {{ blank_to_null('ticket_description') }} as message,
        {{ to_timestamp_utc('create_date', 'Europe/Istanbul') }} as opened_at,
        {{ to_timestamp_utc('first_agent_reply_date', 'Europe/Istanbul') }} as first_reply_at,
        {{ to_timestamp_utc('close_date', 'Europe/Istanbul') }} as closed_at
    from latest

)

select * from renamed
