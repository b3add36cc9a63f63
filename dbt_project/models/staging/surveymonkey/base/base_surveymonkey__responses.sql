{{ config(enabled='surveymonkey' in var('vendors')) }}

with source as (

    {{ loaded(source('surveymonkey', 'responses')) }}

),

latest as (

    {{ latest_export('source', ['respondent_id'], one_row=true) }}

),

renamed as (

    select
        _load_id as load_id,
        respondent_id as response_id,
        cast(null as text) as person_id,
        {{ survey_name('file_name') }} as survey,
        collector_id as collector,
        {{ blank_to_null('email_address') }} as email,
        cast(null as text) as phone,
        {{ blank_to_null('first_name') }} as first_name,
        {{ blank_to_null('last_name') }} as last_name,
        cast(null as text) as full_name,
        {{ blank_to_null('custom_data_1') }} as order_number,
        cast(null as text) as language,
        _extra as answers,
        {{ to_timestamp_utc('coalesce(end_date, start_date)') }} as answered_at,
        file_date
    from latest

)

select * from renamed
