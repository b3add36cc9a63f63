{{ config(enabled='typeform' in var('vendors')) }}

with source as (

    {{ loaded(source('typeform', 'responses')) }}

),

latest as (

    {{ latest_export('source', ['response_id'], one_row=true) }}

),

renamed as (

    select
        _load_id as load_id,
        response_id,
        cast(null as text) as person_id,
        {{ typeform_survey('file_name') }} as survey,
        cast(null as text) as collector,
        cast(null as text) as email,
        cast(null as text) as phone,
        cast(null as text) as first_name,
        cast(null as text) as last_name,
        cast(null as text) as full_name,
        cast(null as text) as order_number,
        cast(null as text) as language,
        _extra as answers,
        {{ to_timestamp_utc('coalesce(submitted_at, staged_at, started_at)') }} as answered_at,
        file_date
    from latest

)

select * from renamed
