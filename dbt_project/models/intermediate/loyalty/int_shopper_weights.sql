{#-
    How much each component tells, without anybody saying who is which. docs/decisions/0020-shopper-style.md.
      loading  correlation r of a component with the style, if one style made the components of different families
               agree: rho_ij = r_i r_j. Fitted by least squares, each loading in turn of the others
               (Harman and Jones 1966, Psychometrika 31, 351-368), and drawn to prior_loading by style_prior_strength:
               r_i = (c prior_i + sum rho_ij r_j) / (c + sum r_j^2), over j of other families.
      weight   2 w / (1 - q): the log-odds that a standard deviation adds, if two styles were equally common (Fisher
               1936, Annals of Eugenics 7, 179-188). (R + k) w = r with the correlations R of all components, so that two
               that say the same are not counted twice; k is style_ridge (Hoerl and Kennard 1970, Technometrics 12, 55-67);
               no w below 0 or above r, its worth alone, by projected gradient; q = sum r w, at most style_max_explained.
    Both are vectors of a value a component, made better round by round.
-#}
with recursive

seeded as (

    select * from {{ ref('shopper_style_weights') }}

),

components as (

    select * from {{ ref('int_shopper_components') }}

),

agreements as (

    select * from {{ ref('int_shopper_agreements') }}

),

known as (

    select
        component,
        count(*) as n_customers
    from components
    group by component

),

listed as (

    select
        seeded.component,
        seeded.family,
        seeded.prior_loading,
        known.n_customers,
        row_number() over (order by seeded.component) as place
    from seeded
    inner join known
        on seeded.component = known.component

),

-- Every pair, those of whom nobody has both with no agreement, and each with itself.
matrix as (

    select
        ones.place as one,
        others.place as other,
        ones.family <> others.family as is_between,
        case when ones.place = others.place then 1 else coalesce(agreements.correlation, 0) end as correlation
    from listed as ones
    cross join listed as others
    left join agreements
        on
            ones.component = agreements.one
            and others.component = agreements.other

),

fitted (round, loadings) as (

    select
        0 as round,
        array_agg(prior_loading order by place) as loadings
    from listed

    union all

    select
        fitted.round + 1,
        (
            select array_agg(better.loading order by better.place)
            from (
                select
                    listed.place,
                    -- Halfway from the round before, so that rounds do not swing.
                    fitted.loadings[listed.place] / 2 + least(greatest(
                        (
                            {{ var('style_prior_strength') }} * listed.prior_loading
                            + sum(matrix.correlation * fitted.loadings[matrix.other]) filter (where matrix.is_between)
                        )
                        / (
                            {{ var('style_prior_strength') }}
                            + sum(power(fitted.loadings[matrix.other], 2)) filter (where matrix.is_between)
                        ), 0
                    ), {{ var('style_max_loading') }}) / 2 as loading
                from listed
                inner join matrix
                    on listed.place = matrix.one
                group by listed.place, listed.prior_loading
            ) as better
        )
    from fitted
    where fitted.round < 60

),

loaded as (

    select
        listed.*,
        fitted.loadings[listed.place] as loading
    from listed
    cross join fitted
    where fitted.round = 60

),

-- The largest sum of a row bounds the largest eigenvalue, so that no step goes too far.
steps as (

    select 1 / (max(row_sum) + {{ var('style_ridge') }}) as step
    from (
        select sum(abs(correlation)) as row_sum from matrix
        group by one
    ) as row_sums

),

solved (round, weights) as (

    select
        0 as round,
        array_agg(cast(0 as double precision) order by place) as weights
    from loaded

    union all

    select
        solved.round + 1,
        (
            select array_agg(better.weight order by better.place)
            from (
                select
                    loaded.place,
                    greatest(least(
                        solved.weights[loaded.place] + steps.step * (
                            loaded.loading
                            - sum(matrix.correlation * solved.weights[matrix.other])
                            - {{ var('style_ridge') }} * solved.weights[loaded.place]
                        ), loaded.loading
                    ), 0) as weight
                from loaded
                inner join matrix
                    on loaded.place = matrix.one
                cross join steps
                group by loaded.place, loaded.loading, steps.step
            ) as better
        )
    from solved
    where solved.round < 400

),

weighed as (

    select
        loaded.component,
        loaded.n_customers,
        loaded.loading,
        solved.weights[loaded.place] as solution,
        sum(loaded.loading * solved.weights[loaded.place]) over () as explained
    from loaded
    cross join solved
    where solved.round = 400

),

final as (

    select
        seeded.component,
        seeded.family,
        seeded.direction,
        coalesce(weighed.n_customers, 0) as n_customers,
        seeded.prior_loading,
        weighed.loading,
        2 * weighed.solution / (1 - least(weighed.explained, {{ var('style_max_explained') }})) as weight
    from seeded
    left join weighed
        on seeded.component = weighed.component

)

select * from final
