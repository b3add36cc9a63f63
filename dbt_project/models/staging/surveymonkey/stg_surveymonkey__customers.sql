{{ config(enabled='surveymonkey' in var('vendors')) }}

with responses as (

    select * from {{ ref('base_surveymonkey__responses') }}

),

renamed as (

    select
        'surveymonkey' as vendor,
        'surveymonkey:responses:' || respondent_id as source_record_id,
        'respondent' as record_type,
        'surveymonkey:' || respondent_id as external_id,
        email as email_raw,
        cast(null as text) as phone_raw,
        cast(null as text) as phone_2_raw,
        first_name as first_name_raw,
        last_name as last_name_raw,
        cast(null as text) as full_name_raw,
        cast(null as date) as birth_date,
        cast(null as text) as language,
        cast(null as text) as street_address,
        cast(null as text) as city,
        cast(null as text) as postal_code,
        cast(null as text) as country_code,
        answered_at as created_at,
        answered_at as updated_at,
        file_date,
        file_date as first_file_date,
        cast(null as date) as closed_on
    from responses

)

select * from renamed
