{#-
    The tier of a month, and what its people brought in the premium_months after it: measured later than the tier, which is made
    of what came before. The average customer is everybody with a tier that month. A tier of n among N differs from that
    average by (1 - n / N) times its difference from the rest, and so does the error (Welch).
-#}
{%- set z = var('interval_z') -%}
{%- set this_month = "date_trunc('month', cast(" ~ business_date() ~ " + 1 as timestamp without time zone))" -%}
with engagement_index as (

    select * from {{ ref('engagement_index') }}

),

order_margins as (

    select * from {{ ref('int_order_margins') }}

),

order_lines as (

    select * from {{ ref('order_lines') }}
    where is_counted

),

survey_responses as (

    select
        customer_id,
        is_satisfied,
        {{ to_business_date('answered_at') }} as answered_date
    from {{ ref('int_survey_responses_scored') }}
    where is_satisfied is not null

),

spans as (

    select
        cast({{ this_month }} - interval '{{ var("premium_months") + 1 }} months' as date) as tier_month,
        cast({{ this_month }} - interval '{{ 2 * var("premium_months") }} months' as date) as before_date,
        cast({{ this_month }} - interval '{{ var("premium_months") }} months' as date) as start_date,
        cast({{ this_month }} as date) as end_date

),

people as (

    select
        engagement_index.customer_id,
        engagement_index.engagement_tier,
        spans.tier_month
    from engagement_index
    inner join spans
        on engagement_index.month = spans.tier_month

),

bought as (

    select
        order_margins.customer_id,
        count(*) filter (where order_margins.order_date >= spans.start_date) as n_orders,
        sum(order_margins.net_amount) filter (where order_margins.order_date >= spans.start_date) as revenue,
        sum(order_margins.net_amount) filter (where order_margins.order_date < spans.start_date) as revenue_before
    from order_margins
    inner join spans
        on order_margins.order_date >= spans.before_date and order_margins.order_date < spans.end_date
    group by order_margins.customer_id

),

-- The margin of goods with known costs; of somebody who bought only others it is not known.
baskets as (

    select
        order_lines.customer_id,
        count(distinct order_lines.product_category) as n_categories,
        sum(order_lines.margin_amount) as margin
    from order_lines
    inner join spans
        on order_lines.order_date >= spans.start_date and order_lines.order_date < spans.end_date
    group by order_lines.customer_id

),

sold as (

    select
        nullif(count(distinct order_lines.product_category), 0) as n_categories,
        count(order_lines.margin_amount) > 0 as has_margins
    from order_lines
    inner join spans
        on order_lines.order_date >= spans.start_date and order_lines.order_date < spans.end_date

),

satisfied as (

    select
        survey_responses.customer_id,
        avg(case when survey_responses.is_satisfied then 1 else 0 end) as satisfied_share
    from survey_responses
    inner join spans
        on survey_responses.answered_date >= spans.start_date and survey_responses.answered_date < spans.end_date
    group by survey_responses.customer_id

),

measured as (

    select
        people.tier_month,
        people.engagement_tier,
        measures.measure,
        measures.value
    from people
    cross join sold
    left join bought
        on people.customer_id = bought.customer_id
    left join baskets
        on people.customer_id = baskets.customer_id
    left join satisfied
        on people.customer_id = satisfied.customer_id
    cross join
        lateral (
            values
            ('orders', cast(coalesce(bought.n_orders, 0) as numeric)),
            ('retention', case when bought.n_orders > 0 then 1 else 0 end),
            ('revenue', coalesce(bought.revenue, 0)),
            (
                'profitability',
                case when baskets.customer_id is not null then baskets.margin when sold.has_margins then 0 end
            ),
            ('relationship_growth', coalesce(bought.revenue, 0) - coalesce(bought.revenue_before, 0)),
            ('share_of_wallet', cast(coalesce(baskets.n_categories, 0) as numeric) / sold.n_categories),
            ('trust', satisfied.satisfied_share)
        ) as measures (measure, value)
    where measures.value is not null

),

tiers as (

    select
        tier_month,
        measure,
        engagement_tier,
        count(*) as n_customers,
        sum(value) as total,
        sum(value * value) as total_of_squares
    from measured
    group by tier_month, measure, engagement_tier

),

beside_the_rest as (

    select
        *,
        sum(n_customers) over of_measure as n_all,
        sum(n_customers) over of_measure - n_customers as n_rest,
        sum(total) over of_measure as total_of_all,
        sum(total) over of_measure - total as total_of_rest,
        sum(total_of_squares) over of_measure - total_of_squares as total_of_squares_of_rest
    from tiers
    window of_measure as (partition by tier_month, measure)

),

compared as (

    select
        *,
        total / n_customers as mean_value,
        total_of_all / n_all as average_value,
        total / n_customers - total_of_all / n_all as difference,
        {{ z }} * (n_rest / cast(n_all as numeric)) * sqrt(greatest(
            (total_of_squares - total * total / n_customers) / nullif(n_customers - 1, 0) / n_customers
            + (total_of_squares_of_rest - total_of_rest * total_of_rest / nullif(n_rest, 0))
            / nullif(n_rest - 1, 0) / nullif(n_rest, 0), 0
        )) as half_width
    from beside_the_rest

),

final as (

    select
        measure,
        engagement_tier,
        case
            when measure in ('revenue', 'profitability', 'relationship_growth') then '{{ var("reporting_currency") }}'
        end
            as reporting_currency,
        cast(n_customers as integer) as n_customers,
        cast(round(mean_value, 4) as numeric(18, 4)) as mean_value,
        cast(round(average_value, 4) as numeric(18, 4)) as average_value,
        cast(round(difference, 4) as numeric(18, 4)) as difference,
        cast(round(difference - half_width, 4) as numeric(18, 4)) as difference_low,
        cast(round(difference + half_width, 4) as numeric(18, 4)) as difference_high,
        {%- for part in ['difference', 'difference - half_width', 'difference + half_width'] %}
            cast(
                case when average_value > 0 then round(({{ part }}) / average_value, 4) end as numeric(18, 4)
            ) as {{ ['premium_rate', 'premium_rate_low', 'premium_rate_high'][loop.index0] }},
        {%- endfor %}
        measure in ('share_of_wallet', 'trust') as is_proxy,
        n_customers < {{ var('min_customers_for_a_share') }} as is_too_thin,
        tier_month
    from compared

)

select * from final
