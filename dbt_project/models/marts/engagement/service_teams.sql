{#- Handovers no export tells so far. -#}
with contacts as (

    select
        *,
        cast(date_trunc('month', cast(opened_date as timestamp without time zone)) as date) as month
    from {{ ref('int_service_contacts_followed') }}

),

counted as (

    select
        month,
        coalesce(team, 'unknown') as team,
        count(*) as n_contacts,
        count(*) filter (where is_answered) as n_answered,
        count(*) filter (where closed_at is not null) as n_closed,
        count(*) filter (where is_followed) as n_followed,
        count(*) filter (where is_followed and is_asked_again) as n_asked_again,
        percentile_cont(0.5) within group (order by hours_to_first_reply) as median_hours_to_first_reply,
        percentile_cont(0.5) within group (order by hours_to_close) as median_hours_to_close
    from contacts
    group by month, coalesce(team, 'unknown')

),

shares as (

    select
        *,
        cast(n_followed - n_asked_again as numeric) / nullif(n_followed, 0) as first_contact_resolution_rate,
        cast(n_asked_again as numeric) / nullif(n_followed, 0) as reopened_rate
    from counted

),

final as (

    select
        month,
        team,
        cast(n_contacts as integer) as n_contacts,
        cast(n_answered as integer) as n_answered,
        cast(n_closed as integer) as n_closed,
        cast(n_followed as integer) as n_followed,
        cast(n_asked_again as integer) as n_asked_again,
        cast(round(first_contact_resolution_rate, 4) as numeric(9, 4)) as first_contact_resolution_rate,
        {{ wilson_interval('first_contact_resolution_rate', 'n_followed') }},
        cast(round(reopened_rate, 4) as numeric(9, 4)) as reopened_rate,
        cast(null as numeric(9, 4)) as handover_rate,
        'no export says who passed a contact on' as handover_missing_reason,
        cast(round(cast(median_hours_to_first_reply as numeric), 2) as numeric(18, 2)) as median_hours_to_first_reply,
        cast(round(cast(median_hours_to_close as numeric), 2) as numeric(18, 2)) as median_hours_to_close,
        n_contacts < {{ var('min_customers_for_a_share') }} as is_too_thin
    from shares

)

select * from final
