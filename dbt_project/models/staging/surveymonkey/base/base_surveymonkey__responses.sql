{{ config(enabled='surveymonkey' in var('vendors')) }}

with source as (

    {{ loaded(source('surveymonkey', 'responses')) }}

),

latest as (

    {{ latest_export('source', ['respondent_id'], one_row=true) }}

),

renamed as (

    select
        respondent_id,
        collector_id,
        {{ blank_to_null('email_address') }} as email,
        {{ blank_to_null('first_name') }} as first_name,
        {{ blank_to_null('last_name') }} as last_name,
        {{ blank_to_null('custom_data_1') }} as order_number,
        _extra as answers,
        {{ surveymonkey_time('coalesce(end_date, start_date)') }} as answered_at,
        file_date
    from latest

)

select * from renamed
