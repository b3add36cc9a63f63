with consents as (

    select * from {{ ref('int_consents_unioned') }}

),

records as (

    select * from {{ ref('int_customer_records') }}

),

normalised as (

    select * from {{ ref('stg_contacts__normalised') }}
    where is_valid

),

shared as (

    select * from {{ ref('int_shared_contact_points') }}

),

final as (

    select
        consents.source_record_id,
        records.customer_id,
        consents.contact_type,
        -- A refusal counts even when its point cannot be read: then the person stands in for the point.
        coalesce(
            normalised.contact,
            case when consents.status = 'refused' then records.customer_id end
        ) as contact,
        consents.channel,
        consents.purpose,
        consents.status,
        consents.source,
        coalesce(normalised.is_shared, false) or shared.match_key is not null as is_shared,
        -- Why somebody was taken off a list is not known: it may have been their wish. A refusal stands.
        consents.status = 'granted' and records.closed_on is not null as is_lapsed,
        consents.changed_at
    from consents
    inner join records
        on consents.customer_record_id = records.source_record_id
    left join normalised
        on
            consents.contact_raw = normalised.contact_raw
            and consents.contact_type = normalised.contact_type
            and normalised.default_country
            = {{ point_country('consents.contact_type', 'records.vendor', 'records.country_code') }}
    left join shared
        on
            normalised.contact_type = shared.contact_type
            and normalised.match_key = shared.match_key

)

select * from final
