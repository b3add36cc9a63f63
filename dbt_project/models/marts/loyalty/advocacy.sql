{#-
    The value of a person who came by a recommendation is credited to whoever recommended them, in equal parts where they
    are several; what they in turn brought passes on, referral_pass_on of it at each step, referral_max_depth steps deep.
    Nobody is met twice on one way, so a circle of recommendations ends where it began.
-#}
with recursive

profiles as (

    select * from {{ ref('int_customer_profiles') }}

),

totals as (

    select * from {{ ref('int_customer_order_totals') }}

),

referrals as (

    select * from {{ ref('referrals') }}

),

reviews as (

    select * from {{ ref('reviews') }}

),

responses as (

    select * from {{ ref('survey_responses') }}

),

values_of_buyers as (

    select
        customer_id,
        n_orders,
        revenue_amount - refunded_amount as own_value_amount,
        percent_rank() over (order by revenue_amount - refunded_amount) as value_rank
    from totals

),

benchmarks as (

    select
        percentile_cont(0.5) within group (order by own_value_amount) as median_value,
        sum(own_value_amount) filter (where value_rank >= 1 - {{ var('big_spender_share') }})
        / sum(n_orders) filter (where value_rank >= 1 - {{ var('big_spender_share') }}) as big_basket
    from values_of_buyers

),

-- Who bought already was not won by a recommendation.
won as (

    select distinct
        referrer_customer_id,
        referred_customer_id
    from referrals
    where is_converted and not is_self_referral and not is_existing_customer

),

edges as (

    select
        referrer_customer_id,
        referred_customer_id,
        1.0 / count(*) over (partition by referred_customer_id) as share
    from won

),

ways as (

    select
        referrer_customer_id,
        referred_customer_id,
        cast(share as double precision) as share,
        1 as depth,
        array[referrer_customer_id, referred_customer_id] as passed
    from edges
    where referrer_customer_id <> referred_customer_id

    union all

    select
        ways.referrer_customer_id,
        edges.referred_customer_id,
        ways.share * edges.share * {{ var('referral_pass_on') }} as share,
        ways.depth + 1 as depth,
        ways.passed || edges.referred_customer_id as passed
    from ways
    inner join edges
        on ways.referred_customer_id = edges.referrer_customer_id
    where
        ways.depth < {{ var('referral_max_depth') }}
        and not edges.referred_customer_id = any(ways.passed)

),

credits as (

    select
        ways.referrer_customer_id as customer_id,
        count(*) filter (where ways.depth = 1) as n_won,
        count(distinct ways.referred_customer_id) as n_won_at_any_depth,
        sum(ways.share * coalesce(values_of_buyers.own_value_amount, 0)) as referral_value_amount
    from ways
    left join values_of_buyers
        on ways.referred_customer_id = values_of_buyers.customer_id
    group by ways.referrer_customer_id

),

recommended as (

    select
        referrer_customer_id as customer_id,
        count(*) as n_referrals
    from referrals
    where not is_self_referral
    group by referrer_customer_id

),

reviewed as (

    select
        customer_id,
        count(*) as n_reviews,
        count(*) filter (where rating >= {{ var('positive_rating_from') }}) as n_positive_reviews
    from reviews
    group by customer_id

),

opinions as (

    select
        customer_id,
        (array_agg(nps_class order by answered_at desc))[1] as nps_class
    from responses
    where nps_class is not null
    group by customer_id

),

sources as (

    select
        exists(select 1 from referrals) as has_referrals,
        exists(select 1 from reviews) as has_reviews,
        exists(select 1 from opinions) as has_opinions
),

joined as (

    select
        profiles.customer_id,
        opinions.nps_class,
        coalesce(values_of_buyers.own_value_amount, 0) as own_value_amount,
        case when sources.has_referrals then coalesce(credits.referral_value_amount, 0) end as referral_value_amount,
        cast(benchmarks.median_value as numeric) as median_value,
        benchmarks.big_basket,
        case when sources.has_referrals then coalesce(recommended.n_referrals, 0) end as n_referrals,
        case when sources.has_referrals then coalesce(credits.n_won, 0) end as n_won,
        case when sources.has_referrals then coalesce(credits.n_won_at_any_depth, 0) end as n_won_at_any_depth,
        case when sources.has_reviews then coalesce(reviewed.n_reviews, 0) end as n_reviews,
        case when sources.has_reviews then coalesce(reviewed.n_positive_reviews, 0) end as n_positive_reviews,
        sources.has_referrals,
        sources.has_reviews,
        sources.has_opinions
    from profiles
    cross join benchmarks
    cross join sources
    left join values_of_buyers
        on profiles.customer_id = values_of_buyers.customer_id
    left join credits
        on profiles.customer_id = credits.customer_id
    left join recommended
        on profiles.customer_id = recommended.customer_id
    left join reviewed
        on profiles.customer_id = reviewed.customer_id
    left join opinions
        on profiles.customer_id = opinions.customer_id

),

final as (

    select
        customer_id,
        nullif(
            concat_ws(
                ', ',
                case when not has_referrals then 'no source tells referrals' end,
                case when not has_reviews then 'no source tells reviews' end,
                case when not has_opinions then 'no survey asks for NPS' end
            ), ''
        ) as missing_reason,
        nps_class,
        '{{ var("reporting_currency") }}' as reporting_currency,
        cast(own_value_amount as numeric(18, 2)) as own_value_amount,
        cast(referral_value_amount as numeric(18, 2)) as referral_value_amount,
        cast(own_value_amount + coalesce(referral_value_amount, 0) as numeric(18, 2)) as total_value_amount,
        cast(median_value as numeric(18, 2)) as median_value_amount,
        cast(big_basket as numeric(18, 2)) as big_spender_basket_amount,
        cast(n_referrals as integer) as n_referrals,
        cast(n_won as integer) as n_won,
        cast(n_won_at_any_depth as integer) as n_won_at_any_depth,
        cast(n_reviews as integer) as n_reviews,
        cast(n_positive_reviews as integer) as n_positive_reviews,
        coalesce(n_won > 0, false) or coalesce(n_positive_reviews > 0, false) or coalesce(nps_class = 'promoter', false)
            as is_advocate,
        n_won > 0 as is_ambassador,
        case
            when has_referrals
                then n_won > 0 and own_value_amount < median_value and referral_value_amount > big_basket
        end as is_quiet_ambassador
    from joined

)

select * from final
