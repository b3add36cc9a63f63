{{ config(enabled='generic' in var('vendors')) }}

with source as (

    {{ loaded(source('generic', 'event_attendances')) }}

),

keyed as (

    select
        *,
        coalesce(
            {{ blank_to_null('attendance_id') }},
            concat_ws(':', coalesce({{ blank_to_null('customer_id') }}, md5(lower(email))), event_name, occurred_at)
        ) as row_key
    from source

),

latest as (

    {{ latest_export('keyed', ['row_key'], one_row=true) }}

),

attendances as (

    select
        row_key,
        {{ blank_to_null('customer_id') }} as customer_id,
        {{ blank_to_null('email') }} as email,
        {{ blank_to_null('event_name') }} as event_name,
        lower({{ blank_to_null('event_type') }}) as event_type,
        coalesce(lower({{ blank_to_null('status') }}), 'attended') as status,
        {{ vendor_instant('occurred_at', 'generic') }} as occurred_at,
        file_date,
        first_file_date
    from latest

),

final as (

    select
        *,
        {{ generic_customer_record_id('customer_id', 'email', "'event_attendances:' || row_key") }}
            as customer_record_id
    from attendances

)

select * from final
