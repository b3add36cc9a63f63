{#-
    Closed points in their normal form, and persons whom a register names by name and address. A register may know more
    given names than we do, and another spelling of none: the first given name, the surname and the whole address must agree.
-#}
with suppressions as (

    select * from {{ ref('int_suppressions_unioned') }}

),

normalised as (

    select * from {{ ref('stg_contacts__normalised') }}

),

records as (

    select * from {{ ref('int_customer_records') }}

),

placed as (

    select
        *,
        {{ point_country('contact_type', 'vendor', 'country_code') }} as point_country,
        {{ point_country("'name'", 'vendor', 'country_code') }} as name_country
    from suppressions

),

points as (

    select
        placed.source_record_id as suppression_id,
        placed.contact_type,
        normalised.contact,
        cast(null as text) as customer_id,
        placed.channel,
        placed.reason,
        placed.vendor as source,
        placed.suppressed_at
    from placed
    inner join normalised
        on
            placed.contact_type = normalised.contact_type
            and placed.contact_raw = normalised.contact_raw
            and placed.point_country = normalised.default_country
    where
        normalised.is_valid
        and placed.contact_type in ('email', 'phone')

),

named as (

    select
        placed.*,
        given_names.match_key as given_name_key,
        surnames.match_key as surname_key,
        streets.match_key as street_key,
        postal_codes.match_key as postal_code_key
    from placed
    inner join normalised as given_names
        on
            given_names.contact_type = 'name'
            and placed.first_name_raw = given_names.contact_raw
            and placed.name_country = given_names.default_country
    inner join normalised as surnames
        on
            surnames.contact_type = 'name'
            and placed.last_name_raw = surnames.contact_raw
            and placed.name_country = surnames.default_country
    inner join normalised as streets
        on
            streets.contact_type = 'street'
            and placed.street_address = streets.contact_raw
            and placed.name_country = streets.default_country
    inner join normalised as postal_codes
        on
            postal_codes.contact_type = 'postal_code'
            and placed.postal_code = postal_codes.contact_raw
            and placed.name_country = postal_codes.default_country
    where placed.contact_type = 'name'

),

persons as (

    select distinct
        named.source_record_id || ':' || records.customer_id as suppression_id,
        named.contact_type,
        cast(null as text) as contact,
        records.customer_id,
        named.channel,
        named.reason,
        named.vendor as source,
        named.suppressed_at
    from named
    inner join records
        on
            named.surname_key = records.surname_key
            and named.postal_code_key = records.postal_code_key
            and named.street_key = records.street_key
            and split_part(named.given_name_key, ' ', 1) = split_part(records.given_name_key, ' ', 1)

),

final as (

    select * from points
    union all
    select * from persons

)

select * from final
