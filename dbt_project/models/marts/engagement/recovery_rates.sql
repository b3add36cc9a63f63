{#-
    Cases of a month and kind, and of them the contacted and the others; each share with Wilson's interval. Who came back is known
    at once, who did not only when the limit is over: a share of all that is known would flatter young cases. So a case
    counts for a share once its limit is over, whatever became of it.
-#}
with recovery as (

    select
        *,
        cast(date_trunc('month', cast(opened_date as timestamp without time zone)) as date) as month
    from {{ ref('recovery') }}

),

handled as (

    select
        *,
        opened_at + interval '{{ var("lapsed_max_days") }} days' < {{ clock() }} as is_lost_told,
        case when is_contacted then 'contacted' when not is_contacted then 'not_contacted' else 'undecided' end
            as contact_status
    from recovery

),

counted as (

    select
        month,
        coalesce(incident_type, 'all') as incident_type,
        coalesce(contact_status, 'all') as contact_status,
        count(*) as n_cases,
        count(*) filter (where resolved_at is not null) as n_resolved,
        count(*) filter (where is_back_known) as n_back_known,
        count(*) filter (where is_back_known and is_back) as n_back,
        count(*) filter (where is_lost_told) as n_lost_known,
        count(*) filter (where is_lost) as n_lost,
        count(*) filter (where is_lost_told and case_number = 1 and n_incidents = 1) as n_single_known,
        count(*) filter (where is_lost and case_number = 1 and n_incidents = 1) as n_single_lost
    from handled
    group by
        month,
        grouping sets ((incident_type, contact_status), (incident_type), (contact_status), ())

),

shares as (

    select
        *,
        cast(n_back as numeric) / nullif(n_back_known, 0) as back_rate,
        cast(n_lost as numeric) / nullif(n_lost_known, 0) as lost_rate,
        cast(n_single_lost as numeric) / nullif(n_single_known, 0) as single_lost_rate
    from counted

),

final as (

    select
        month,
        incident_type,
        contact_status,
        cast(n_cases as integer) as n_cases,
        cast(n_resolved as integer) as n_resolved,
        cast(n_back_known as integer) as n_back_known,
        cast(n_back as integer) as n_back,
        cast(round(back_rate, 4) as numeric(9, 4)) as back_rate,
        {{ wilson_interval('back_rate', 'n_back_known') }},
        cast(n_lost_known as integer) as n_lost_known,
        cast(n_lost as integer) as n_lost,
        cast(round(lost_rate, 4) as numeric(9, 4)) as lost_rate,
        {{ wilson_interval('lost_rate', 'n_lost_known') }},
        cast(n_single_known as integer) as n_single_known,
        cast(n_single_lost as integer) as n_single_lost,
        cast(round(single_lost_rate, 4) as numeric(9, 4)) as single_lost_rate,
        {{ wilson_interval('single_lost_rate', 'n_single_known') }},
        n_cases < {{ var('min_customers_for_a_share') }} as is_too_thin
    from shares

)

select * from final
