{#-
    Rising: the month's share of texts with the theme lies above the share of the theme_trend_months before it, beyond what
    chance does to both shares. What it led to: the cases that these texts opened (incidents, recovery), and what was decided
    about the theme until theme_action_months after the month (seed feedback_actions).
-#}
with feedback as (

    select
        *,
        cast(date_trunc('month', cast(written_date as timestamp without time zone)) as date) as month
    from {{ ref('feedback') }}

),

incidents as (

    select * from {{ ref('incidents') }}
    where incident_type in ('low_score', 'return_with_complaint')

),

recovery as (

    select * from {{ ref('recovery') }}

),

actions as (

    select * from {{ ref('feedback_actions') }}
    where business = '{{ var("business") }}' and decided_on <= {{ business_date() }}

),

texts_of_months as (

    select
        month,
        count(distinct text_id) as n_all
    from feedback
    group by month

),

led_to as (

    select
        feedback.text_id,
        feedback.theme,
        recovery.case_id,
        coalesce(recovery.is_contacted, false) as is_contacted
    from feedback
    inner join incidents
        on
            feedback.source_id = incidents.source_id
            and feedback.source_type = case incidents.incident_type when 'low_score' then 'survey' else 'return' end
    inner join recovery
        on incidents.case_id = recovery.case_id

),

counted as (

    select
        feedback.month,
        feedback.theme,
        count(*) as n_texts,
        count(*) filter (where feedback.sentiment = 'positive') as n_positive,
        count(*) filter (where feedback.sentiment = 'negative') as n_negative,
        count(led_to.case_id) as n_cases,
        count(led_to.case_id) filter (where led_to.is_contacted) as n_cases_contacted
    from feedback
    left join led_to
        on
            feedback.text_id = led_to.text_id
            and feedback.theme = led_to.theme
    group by feedback.month, feedback.theme

),

themes as (

    select distinct theme from counted

),

-- Also the months in which nobody wrote of a theme count as months before.
grid as (

    select
        texts_of_months.month,
        themes.theme,
        texts_of_months.n_all,
        coalesce(counted.n_texts, 0) as n_texts,
        coalesce(counted.n_positive, 0) as n_positive,
        coalesce(counted.n_negative, 0) as n_negative,
        coalesce(counted.n_cases, 0) as n_cases,
        coalesce(counted.n_cases_contacted, 0) as n_cases_contacted
    from texts_of_months
    cross join themes
    left join counted
        on
            texts_of_months.month = counted.month
            and themes.theme = counted.theme

),

shares as (

    select
        *,
        cast(n_texts as numeric) / n_all as text_share,
        sum(n_all) over months_before as n_all_before,
        sum(n_texts) over months_before / nullif(sum(n_all) over months_before, 0) as text_share_before,
        cast(n_negative as numeric) / nullif(n_texts, 0) as negative_share
    from grid
    window months_before as (
        partition by theme
        order by month
        range between interval '{{ var("theme_trend_months") }} months' preceding and interval '1 month' preceding
    )

),

bounded as (

    select
        month,
        theme,
        cast(n_all as integer) as n_all_texts,
        cast(n_texts as integer) as n_texts,
        cast(n_positive as integer) as n_positive,
        cast(n_negative as integer) as n_negative,
        cast(n_cases as integer) as n_cases,
        cast(n_cases_contacted as integer) as n_cases_contacted,
        cast(round(text_share, 4) as numeric(9, 4)) as text_share,
        {{ wilson_interval('text_share', 'n_all') }},
        cast(round(text_share_before, 4) as numeric(9, 4)) as text_share_before,
        cast(round(negative_share, 4) as numeric(9, 4)) as negative_share,
        {{ wilson_interval('negative_share', 'n_texts') }},
        {{ is_share_above('text_share', 'n_all', 'text_share_before', 'n_all_before') }} as is_above_before,
        n_all < {{ var('min_customers_for_a_share') }} as is_too_thin
    from shares

),

decided as (

    select distinct on (bounded.month, bounded.theme)
        bounded.month,
        bounded.theme,
        actions.action,
        actions.owner as action_owner,
        actions.decided_on
    from bounded
    inner join actions
        on
            bounded.theme = actions.theme
            and bounded.month <= actions.decided_on
            and bounded.month + interval '{{ 1 + var("theme_action_months") }} months' > actions.decided_on
    order by bounded.month asc, bounded.theme asc, actions.decided_on asc

),

final as (

    select
        bounded.month,
        bounded.theme,
        bounded.n_all_texts,
        bounded.n_texts,
        bounded.n_positive,
        bounded.n_negative,
        bounded.n_cases,
        bounded.n_cases_contacted,
        bounded.text_share,
        bounded.text_share_low,
        bounded.text_share_high,
        bounded.text_share_before,
        bounded.negative_share,
        bounded.negative_share_low,
        bounded.negative_share_high,
        bounded.is_above_before and not bounded.is_too_thin as is_rising,
        decided.action,
        decided.action_owner,
        case when decided.action is null and bounded.n_texts > 0 then 'nothing is written down in feedback_actions' end
            as action_missing_reason,
        decided.decided_on as action_date,
        bounded.is_too_thin
    from bounded
    left join decided
        on
            bounded.month = decided.month
            and bounded.theme = decided.theme

)

select * from final
