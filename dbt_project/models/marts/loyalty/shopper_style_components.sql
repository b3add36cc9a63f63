with weights as (

    select * from {{ ref('int_shopper_weights') }}

),

seeded as (

    select * from {{ ref('shopper_style_weights') }}

),

final as (

    select
        weights.component,
        weights.family,
        weights.direction,
        seeded.source,
        case when weights.loading is null then 'the sources tell it of nobody, or the same of all' end
            as missing_reason,
        cast(weights.n_customers as integer) as n_customers,
        cast(weights.prior_loading as numeric(4, 3)) as prior_loading,
        cast(round(cast(weights.loading as numeric), 3) as numeric(4, 3)) as loading,
        cast(round(cast(weights.weight as numeric), 3) as numeric(9, 3)) as weight,
        weights.n_customers < {{ var('min_customers_for_a_share') }} as is_too_thin
    from weights
    inner join seeded
        on weights.component = seeded.component

)

select * from final
