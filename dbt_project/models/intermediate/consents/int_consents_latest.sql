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

decisions as (

    select
        consents.contact_type,
        -- A refusal counts even when its point cannot be read: then the person stands in for the point.
        coalesce(
            normalised.contact,
            case when consents.status = 'refused' then records.customer_id end
        ) as contact,
        consents.channel,
        consents.purpose,
        -- Why somebody was taken off a list is not known: it may have been their wish. A refusal stands.
        case
            when consents.status = 'granted' and records.closed_on is not null then 'lapsed'
            else consents.status
        end as status,
        records.customer_id,
        consents.source,
        consents.changed_at,
        consents.source_record_id
    from consents
    inner join records
        on consents.customer_record_id = records.source_record_id
    left join normalised
        on
            consents.contact_raw = normalised.contact_raw
            and consents.contact_type = normalised.contact_type
            and normalised.default_country = case
                when consents.contact_type = 'email' then '{{ var("default_country") }}'
                else {{ contact_country('records.country_code') }}
            end

),

-- The newest decision on a point, channel and purpose is in force; of two at the same minute the refusal. A lapsed one
-- is told where there is no other.
latest as (

    select distinct on (contact_type, contact, channel, purpose) *
    from decisions
    where contact is not null
    order by
        contact_type asc, contact asc, channel asc, purpose asc,
        status = 'lapsed' asc, changed_at desc, status desc, source_record_id desc

),

final as (

    select
        contact_type,
        contact,
        channel,
        purpose,
        customer_id,
        status,
        source,
        changed_at
    from latest

)

select * from final
