with profiles as (

    select * from {{ ref('int_customer_profiles') }}

),

records as (

    select * from {{ ref('int_customer_records') }}

),

consents as (

    select * from {{ ref('int_consents_unioned') }}

),

became_known as (

    select
        'became_known:' || customer_id as event_id,
        customer_id,
        'became_known' as event_type,
        'Became known' as title,
        '{}' as details,
        coalesce(
            first_seen_at,
            cast(first_file_date as timestamp without time zone) at time zone '{{ var("time_zone") }}'
        ) as occurred_at
    from profiles

),

decisions as (

    select
        'consent:' || consents.source_record_id as event_id,
        records.customer_id,
        'consent_' || consents.status as event_type,
        initcap(consents.status) || ' ' || consents.purpose || ' by ' || consents.channel as title,
        cast(json_build_object('channel', consents.channel, 'purpose', consents.purpose) as text) as details,
        consents.changed_at as occurred_at
    from consents
    inner join records
        on consents.customer_record_id = records.source_record_id

),

combined as (

    select * from became_known
    union all
    select * from decisions

)

select * from combined
