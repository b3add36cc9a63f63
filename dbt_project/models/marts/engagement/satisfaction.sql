{#-
    Formulas, with n answers and z = 1.959964 (95 %):
      NPS   100 (p - d), p and d the shares of promoters and detractors. Its variance is that of a trinomial's
            difference, (p + d - (p - d)^2) / n (Rocks 2016).
      CSAT  share of answers 4 and 5, with Wilson's score interval (Wilson 1927), which holds for few answers and near 0
            and 1.
      CES   mean of 1 to 7, plus or minus z s / sqrt(n); no interval for a single answer.
-#}
{%- set z = var('interval_z') -%}
with

survey_responses as (
    select * from {{ ref('survey_responses') }}
),

answers as (
    select
        answered_date,
        touchpoint,
        'nps' as measure,
        nps_score as answer
    from survey_responses
    where nps_score is not null

    union all

    select
        answered_date,
        touchpoint,
        'csat' as measure,
        csat_score as answer
    from survey_responses
    where csat_score is not null

    union all

    select
        answered_date,
        touchpoint,
        'ces' as measure,
        ces_score as answer
    from survey_responses
    where ces_score is not null
),

scored as (
    select
        cast(date_trunc('month', answered_date) as date) as month,
        measure,
        coalesce(touchpoint, 'unknown') as touchpoint,
        case measure
            when 'nps' then case when answer >= 9 then 100.0 when answer <= 6 then -100.0 else 0.0 end
            when 'csat' then case when answer >= 4 then 1.0 else 0.0 end
            else cast(answer as numeric)
        end as value
    from answers
),

summarised as (
    select
        month,
        measure,
        coalesce(touchpoint, 'all') as touchpoint,
        count(*) as n_responses,
        avg(value) as score,
        -- The trinomial's variance is the population variance of the values -100, 0 and 100.
        sqrt(var_pop(value) / count(*)) as population_error,
        sqrt(var_samp(value) / count(*)) as sample_error
    from scored
    group by grouping sets ((month, measure, touchpoint), (month, measure))
),

bounded as (
    select
        *,
        case measure
            when 'nps' then greatest(score - {{ z }} * population_error, -100)
            when 'csat' then {{ wilson_bound('score', 'n_responses', z, '-') }}
            when 'ces' then case when n_responses > 1 then greatest(score - {{ z }} * sample_error, 1) end
        end as interval_low,
        case measure
            when 'nps' then least(score + {{ z }} * population_error, 100)
            when 'csat' then {{ wilson_bound('score', 'n_responses', z, '+') }}
            when 'ces' then case when n_responses > 1 then least(score + {{ z }} * sample_error, 7) end
        end as interval_high
    from summarised
),

final as (
    select
        month,
        measure,
        touchpoint,
        cast(n_responses as integer) as n_responses,
        cast(round(score, 4) as numeric(9, 4)) as score,
        cast(round(interval_low, 4) as numeric(9, 4)) as interval_low,
        cast(round(interval_high, 4) as numeric(9, 4)) as interval_high,
        n_responses < {{ var("satisfaction_min_responses", 30) }} as is_too_thin
    from bounded
)

select * from final
