{{ config(enabled='qualtrics' in var('vendors')) }}

with source as (

    {{ loaded(source('qualtrics', 'responses')) }}

),

latest as (

    {{ latest_export('source', ['response_id'], one_row=true) }}

),

columns as (

    {{ loaded_columns('qualtrics', 'responses') }}

),

-- Times are in the zone that the third header row names over them, where it does.
zones as (

    select
        load_id,
        max(substring(metadata from '"timeZone"\s*:\s*"([^"]+)"')) as time_zone
    from columns
    where column_name in ('start_date', 'end_date', 'recorded_date')
    group by load_id

),

final as (

    select
        latest._load_id as load_id,
        latest.response_id,
        {{ blank_to_null('latest.external_reference') }} as person_id,
        {{ qualtrics_survey('latest.file_name') }} as survey,
        cast(null as text) as collector,
        {{ blank_to_null('latest.recipient_email') }} as email,
        cast(null as text) as phone,
        {{ blank_to_null('latest.recipient_first_name') }} as first_name,
        {{ blank_to_null('latest.recipient_last_name') }} as last_name,
        cast(null as text) as full_name,
        cast(null as text) as order_number,
        substring(lower(latest.user_language) from '^([a-z]{2})(?![a-z])') as language,
        latest._extra as answers,
        cast(coalesce(latest.end_date, latest.recorded_date, latest.start_date) as timestamp without time zone)
        at time zone coalesce(zones.time_zone, {{ vendor_time_zone('qualtrics') }}) as answered_at,
        latest.file_date
    from latest
    left join zones
        on latest._load_id = zones.load_id
    where
        {{ is_qualtrics_opinion('latest.status') }}
        and latest.distribution_channel is distinct from 'preview'

)

select * from final
