{{ config(enabled='mailchimp' in var('vendors')) }}

with source as (

    {{ loaded(source('mailchimp', 'clicks')) }}

),

-- The file is the campaign's, and is exported again with all its events so far.
latest as (

    {{ latest_export('source', ['file_name', 'timestamp', 'email', 'url'], one_row=true) }}

),

renamed as (

    select
        substring(file_name from '^(\d+)_') as campaign_id,
        replace(substring(file_name from '^\d+_(.*?)(\.[A-Za-z]+)*$'), '_', ' ') as campaign_name,
        {{ blank_to_null('email') }} as email,
        {{ blank_to_null('url') }} as url,
        {{ to_timestamp_utc('timestamp') }} as occurred_at
    from latest

)

select * from renamed
