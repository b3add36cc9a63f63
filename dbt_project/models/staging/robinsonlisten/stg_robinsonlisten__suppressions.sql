{{ config(enabled='robinsonlisten' in var('vendors')) }}

with source as (

    {{ loaded(source('robinsonlisten', 'entries')) }}

),

listed as (

    {{ latest_export('source', ['name', 'address', 'place', 'postal_district'], one_row=true) }}

),

-- Whoever is no longer listed refuses no longer; that permits nothing by itself.
entries as (

    select
        md5(concat_ws('|', name, address, place, postal_district)) as entry_id,
        {{ blank_to_null("split_part(name, ',', 1)") }} as last_name_raw,
        {{ blank_to_null("split_part(name, ',', 2)") }} as first_name_raw,
        {{ blank_to_null('address') }} as street_address,
        substring(postal_district from '^\d{4}') as postal_code,
        first_file_date
    from listed
    where closed_on is null

),

-- The register covers addressed mail and calls, not e-mail or text messages.
final as (

    select
        'robinsonlisten' as vendor,
        'robinsonlisten:' || channels.channel || ':' || entries.entry_id as source_record_id,
        'name' as contact_type,
        cast(null as text) as contact_raw,
        entries.first_name_raw,
        entries.last_name_raw,
        entries.street_address,
        entries.postal_code,
        'DK' as country_code,
        channels.channel,
        'register' as reason,
        cast(entries.first_file_date as timestamp) at time zone 'Europe/Copenhagen' as suppressed_at
    from entries
    cross join (values ('phone'), ('post')) as channels (channel)

)

select * from final
