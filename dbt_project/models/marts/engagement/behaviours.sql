{#- The eight habits of relationship companies, by month: each a share of what the seed behaviour_measures says. -#}
with behaviour_measures as (

    select * from {{ ref('behaviour_measures') }}

),

messages as (

    select * from {{ ref('messages') }}

),

service_contacts as (

    select * from {{ ref('int_service_contacts_followed') }}

),

promises as (

    select * from {{ ref('promises') }}
    where due_at <= {{ clock() }}

),

recovery as (

    select * from {{ ref('recovery') }}
    where is_contacted is not null

),

timeline as (

    select * from {{ ref('customer_timeline') }}

),

campaigns as (

    select
        customer_id,
        coalesce(campaign_id, campaign_name, message_id) as campaign,
        min(occurred_at) as sent_at,
        min(occurred_date) as sent_date,
        bool_or(event_type in ('opened', 'clicked')) as is_answered
    from messages
    group by 1, 2

),

-- Messages that reached somebody whose question was open. A join, as asking of each message would read all contacts
-- each time.
sent_into_cases as (

    select distinct
        campaigns.customer_id,
        campaigns.campaign
    from campaigns
    inner join service_contacts
        on
            campaigns.customer_id = service_contacts.customer_id
            and campaigns.sent_at >= service_contacts.opened_at
    where service_contacts.closed_at is null or service_contacts.closed_at > campaigns.sent_at

),

heard as (

    select
        customer_id,
        cast(date_trunc('month', cast(event_date as timestamp without time zone)) as date) as month,
        bool_or(event_type = 'order_placed') as has_bought,
        bool_or(
            event_type in ('survey_answered', 'review_written', 'service_contact_opened', 'referral_made')
        ) as is_heard
    from timeline
    group by 1, 2

),

happened as (

    select
        'continuity' as behaviour,
        opened_date as happened_date,
        case when team = team_before then 1 else 0 end as n,
        1 as n_of
    from service_contacts
    where team is not null and team_before is not null

    union all

    select
        'fitting_personalisation' as behaviour,
        sent_date as happened_date,
        case when is_answered then 1 else 0 end as n,
        1 as n_of
    from campaigns

    union all

    select
        'alignment' as behaviour,
        campaigns.sent_date as happened_date,
        case when sent_into_cases.campaign is null then 0 else 1 end as n,
        1 as n_of
    from campaigns
    left join sent_into_cases
        on
            campaigns.customer_id = sent_into_cases.customer_id
            and campaigns.campaign = sent_into_cases.campaign

    union all

    select
        'empowered_teams' as behaviour,
        opened_date as happened_date,
        case when is_asked_again then 0 else 1 end as n,
        1 as n_of
    from service_contacts
    where is_followed

    union all

    select
        'promises_kept' as behaviour,
        {{ to_business_date('due_at') }} as happened_date,
        case when status = 'kept' then 1 else 0 end as n,
        1 as n_of
    from promises
    where status in ('kept', 'broken')

    union all

    select
        'feedback_acted_on' as behaviour,
        opened_date as happened_date,
        case when is_contacted then 1 else 0 end as n,
        1 as n_of
    from recovery

    union all

    select
        'measures_beyond_conversion' as behaviour,
        month as happened_date,
        case when is_heard then 1 else 0 end as n,
        1 as n_of
    from heard
    where has_bought

),

counted as (

    select
        behaviour,
        cast(date_trunc('month', cast(happened_date as timestamp without time zone)) as date) as month,
        sum(n) as numerator,
        sum(n_of) as denominator
    from happened
    group by 1, 2

),

grid as (

    select
        months.month,
        behaviour_measures.behaviour,
        behaviour_measures.needs,
        behaviour_measures.is_higher_better
    from (select distinct month from counted) as months
    cross join behaviour_measures

),

shares as (

    select
        grid.month,
        grid.behaviour,
        grid.needs,
        grid.is_higher_better,
        counted.numerator,
        counted.denominator,
        cast(counted.numerator as numeric) / nullif(counted.denominator, 0) as share
    from grid
    left join counted
        on
            grid.month = counted.month
            and grid.behaviour = counted.behaviour

),

final as (

    select
        month,
        behaviour,
        case
            when needs is null then 'no source'
            when coalesce(denominator, 0) = 0 then 'no ' || needs || ' this month'
        end as missing_reason,
        cast(coalesce(numerator, 0) as integer) as numerator,
        cast(coalesce(denominator, 0) as integer) as denominator,
        cast(round(share, 4) as numeric(9, 4)) as share,
        {{ wilson_interval('share', 'denominator') }},
        is_higher_better,
        month + interval '1 month' <= {{ business_date() }} + 1 as is_month_over,
        coalesce(denominator, 0) < {{ var('min_customers_for_a_share') }} as is_too_thin
    from shares

)

select * from final
