{#-
    Each component as a measure from 0 to 1 and as evidence in log-odds. docs/decisions/0020-shopper-style.md.
      share (k of n)  a customer's few occasions are drawn to the business's own mean m, as s occasions with it would: the
                      mean of a beta distribution, (k + s m) / (n + s). How much customers truly differ, and so s, is found
                      from the data: rho = (sum n (p - m)^2 / (m (1 - m)) - (I - 1)) / (N - sum n^2 / N - (I - 1)) over I
                      customers and N occasions, s = (1 - rho) / rho (Kleinman 1973, JASA 68, 46-54).
      magnitude       the share of buyers who have less, half of those who have as much: the middle rank.
    A component in which all are alike tells nothing and is left out.
-#}
with orders as (

    select * from {{ ref('int_shopper_order_evidence') }}

),

dialogue as (

    select * from {{ ref('int_shopper_dialogue_evidence') }}

),

considerations as (

    select * from {{ ref('int_shopper_consideration_evidence') }}

),

advocacy as (

    select * from {{ ref('int_shopper_advocacy_evidence') }}

),

weights as (

    select * from {{ ref('shopper_style_weights') }}

),

evidence as (

    select * from orders
    union all
    select * from dialogue
    union all
    select * from considerations
    union all
    select * from advocacy

),

means as (

    select
        component,
        count(*) as n_customers,
        sum(n) as n_occasions,
        sum(n * n) as sum_of_squares,
        sum(k) / sum(n) as mean
    from evidence
    where n > 0
    group by component
    having sum(k) > 0 and sum(k) < sum(n)

),

dispersions as (

    select
        means.component,
        means.mean,
        (
            sum(evidence.n * power(evidence.k / evidence.n - means.mean, 2)) / (means.mean * (1 - means.mean))
            - (means.n_customers - 1)
        )
        / nullif(
            greatest(
                means.n_occasions - means.sum_of_squares / means.n_occasions - (means.n_customers - 1), 0
            ), 0
        ) as rho
    from means
    inner join evidence
        on means.component = evidence.component
    where evidence.n > 0
    group by
        means.component, means.mean, means.n_customers, means.n_occasions, means.sum_of_squares

),

priors as (

    select
        component,
        mean,
        case
            when rho is null then {{ var('style_prior_occasions') }}
            else 1 / least(greatest(rho, {{ var('style_min_dispersion') }}), {{ var('style_max_dispersion') }}) - 1
        end as prior_occasions
    from dispersions

),

shares as (

    select
        evidence.customer_id,
        evidence.component,
        (evidence.k + priors.prior_occasions * priors.mean) / (evidence.n + priors.prior_occasions) as measure,
        priors.mean
    from evidence
    inner join priors
        on evidence.component = priors.component
    where evidence.n > 0

),

ranked as (

    select
        customer_id,
        component,
        value,
        rank() over (partition by component order by value) as low_rank,
        count(*) over (partition by component, value) as n_equal,
        count(*) over (partition by component) as n_ranked
    from evidence
    where value is not null

),

magnitudes as (

    select
        customer_id,
        component,
        (low_rank - 1 + n_equal / 2.0) / n_ranked as measure,
        0.5 as mean
    from ranked
    where n_equal < n_ranked

),

measures as (

    select * from shares
    union all
    select * from magnitudes

),

log_odds as (

    select
        measures.*,
        ln(measures.measure / (1 - measures.measure)) - ln(measures.mean / (1 - measures.mean)) as log_odds
    from measures

),

-- In units of how far the business's buyers differ; beyond three of them nothing is added.
scaled as (

    select
        log_odds.*,
        weights.family,
        (log_odds - avg(log_odds) over of_component) / nullif(stddev_pop(log_odds) over of_component, 0) as deviation,
        case weights.direction when 'relational' then 1 else -1 end as sign
    from log_odds
    inner join weights
        on log_odds.component = weights.component
    window of_component as (partition by log_odds.component)

),

final as (

    select
        customer_id,
        component,
        cast(measure as double precision) as measure,
        sign
        * greatest(least(deviation, {{ var('style_max_deviation') }}), -{{ var('style_max_deviation') }}) as evidence
    from scaled
    where deviation is not null

)

select * from final
