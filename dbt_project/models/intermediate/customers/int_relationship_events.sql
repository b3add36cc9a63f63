{{ config(materialized='by_key') }}

with profiles as (

    select * from {{ of_changed(ref('int_customer_profiles')) }}

),

consents as (

    select * from {{ of_changed(ref('int_consents_resolved')) }}

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
        'consent:' || source_record_id as event_id,
        customer_id,
        'consent_' || status as event_type,
        initcap(status) || ' ' || purpose || ' by ' || channel as title,
        cast(json_build_object('channel', channel, 'purpose', purpose) as text) as details,
        changed_at as occurred_at
    from consents

),

combined as (

    select * from became_known
    union all
    select * from decisions

)

select * from combined
