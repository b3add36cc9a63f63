{{ config(enabled='qualtrics' in var('vendors')) }}

with source as (

    {{ loaded(source('qualtrics', 'legacy_responses')) }}

),

latest as (

    {{ latest_export('source', ['response_id'], one_row=true) }}

),

final as (

    select
        _load_id as load_id,
        response_id,
        {{ blank_to_null('external_reference') }} as person_id,
        {{ qualtrics_survey('file_name') }} as survey,
        cast(null as text) as collector,
        {{ blank_to_null('recipient_email') }} as email,
        cast(null as text) as phone,
        cast(null as text) as first_name,
        cast(null as text) as last_name,
        -- 'Family name, given name'
        {{ blank_to_null("regexp_replace(recipient_name, '^([^,]*),(.*)$', '\\2 \\1')") }} as full_name,
        cast(null as text) as order_number,
        cast(null as text) as language,
        _extra as answers,
        {{ vendor_instant('coalesce(end_date, start_date)', 'qualtrics') }} as answered_at,
        file_date
    from latest
    where {{ is_qualtrics_opinion('status') }}

)

select * from final
