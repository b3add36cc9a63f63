with source as (

    select * from {{ source('contacts', 'normalised') }}

),

renamed as (

    select
        kind as contact_type,
        raw_value as contact_raw,
        default_country,
        normalised as contact,
        match_key,
        display as display_name,
        confidence,
        is_valid,
        is_shared
    from source

)

select * from renamed
