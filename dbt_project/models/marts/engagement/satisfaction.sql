{#-
    Formulas, with n answers and z = 1.959964 (95 %):
      NPS   100 (p - d), p and d the shares of promoters and detractors. Both are shares of the same answers, as the
            two ways to differ are of matched pairs, so its interval is Bonett and Price's (2012): one answer added
            to each of the two, n + 2 in all, then a - b plus or minus z sqrt((a + b - (a - b)^2) / (n + 2)). It has a
            width where all agree, and always holds the score.
      CSAT  share of answers 4 and 5, with Wilson's score interval (Wilson 1927), which holds for few answers and near 0
            and 1.
      CES   mean of 1 to 7, plus or minus z s / sqrt(n); no interval for a single answer, or where all are the same.
    A customer's segment is the stage of their lifecycle on the day of the answer, so it does not change afterwards.
-#}
{%- set z = var('interval_z') -%}
with survey_responses as (

    select * from {{ ref('survey_responses') }}

),

stages as (

    select * from {{ ref('int_lifecycle_changes') }}

),

responses as (

    select
        survey_responses.answered_date,
        coalesce(survey_responses.touchpoint, 'unknown') as touchpoint,
        coalesce(stages.lifecycle_stage, 'unknown') as segment,
        survey_responses.nps_score,
        survey_responses.csat_score,
        survey_responses.ces_score
    from survey_responses
    left join stages
        on
            survey_responses.customer_id = stages.customer_id
            and survey_responses.answered_date >= stages.stage_since_date
            and survey_responses.answered_date <= coalesce(stages.stage_until_date, 'infinity')

),

answers as (

    select
        responses.touchpoint,
        responses.segment,
        answers.measure,
        answers.answer,
        cast(date_trunc('month', responses.answered_date) as date) as month
    from responses
    cross join
        lateral (
            values
            ('nps', responses.nps_score),
            ('csat', responses.csat_score),
            ('ces', responses.ces_score)
        ) as answers (measure, answer)
    where answers.answer is not null

),

scored as (

    select
        *,
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
        case
            when grouping(touchpoint) = 0 and grouping(segment) = 0 then 'touchpoint_segment'
            when grouping(touchpoint) = 0 then 'touchpoint'
            when grouping(segment) = 0 then 'segment'
            else 'month'
        end as scope,
        coalesce(touchpoint, 'all') as touchpoint,
        coalesce(segment, 'all') as segment,
        count(*) as n_responses,
        avg(value) as score,
        var_samp(value) as variance,
        (count(*) filter (where value > 0) + 1.0) / (count(*) + 2) as more,
        (count(*) filter (where value < 0) + 1.0) / (count(*) + 2) as less
    from scored
    group by month, measure, grouping sets ((touchpoint, segment), (touchpoint), (segment), ())

),

erring as (

    select
        *,
        sqrt((more + less - (more - less) * (more - less)) / (n_responses + 2)) as more_less_error
    from summarised

),

bounded as (

    select
        *,
        case measure
            when 'nps'
                then greatest(100 * (more - less - {{ z }} * more_less_error), -100)
            when 'csat' then {{ wilson_bound('score', 'n_responses', z, '-') }}
            when 'ces' then {{ mean_bound('score', 'variance', 'n_responses', '-') }}
        end as interval_low,
        case measure
            when 'nps'
                then least(100 * (more - less + {{ z }} * more_less_error), 100)
            when 'csat' then {{ wilson_bound('score', 'n_responses', z, '+') }}
            when 'ces' then {{ mean_bound('score', 'variance', 'n_responses', '+') }}
        end as interval_high
    from erring

),

-- No score lies beyond the ends of its scale. The greater of 1 and nothing would be 1.
final as (

    select
        month,
        measure,
        scope,
        touchpoint,
        segment,
        cast(n_responses as integer) as n_responses,
        cast(round(score, 4) as numeric(9, 4)) as score,
        cast(round(case when measure = 'ces' and interval_low < 1 then 1 else interval_low end, 4) as numeric(9, 4))
            as interval_low,
        cast(round(case when measure = 'ces' and interval_high > 7 then 7 else interval_high end, 4) as numeric(9, 4))
            as interval_high,
        n_responses < {{ var('satisfaction_min_responses', 30) }} as is_too_thin
    from bounded

)

select * from final
