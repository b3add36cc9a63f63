{#-
    About what somebody likes to hear: categories they bought, reviewed or left in a basket, and themes they wrote of. Each sign
    fades by half in engagement_half_life_months, as the bond does; weights are the seed interest_weights.
-#}
with order_lines as (

    select * from {{ ref('order_lines') }}
    where is_counted and product_category is not null

),

reviews as (

    select * from {{ ref('reviews') }}
    where product_category is not null

),

returns as (

    select * from {{ ref('returns') }}
    where product_category is not null

),

feedback as (

    select * from {{ ref('feedback') }}
    where theme <> 'other' and customer_id is not null

),

weights as (

    select * from {{ ref('interest_weights') }}

),

signs as (

    select
        customer_id,
        'category' as interest_kind,
        product_category as interest,
        'bought' as sign,
        order_date as sign_date
    from order_lines

    union all

    select
        customer_id,
        'category' as interest_kind,
        product_category as interest,
        case when rating >= {{ var('positive_rating_from') }} then 'reviewed_well' else 'reviewed' end as sign,
        review_date as sign_date
    from reviews

    union all

    select
        customer_id,
        'category' as interest_kind,
        product_category as interest,
        'returned' as sign,
        return_date as sign_date
    from returns

    union all

    select
        customer_id,
        'theme' as interest_kind,
        theme as interest,
        'wrote' as sign,
        written_date as sign_date
    from feedback

),

weighed as (

    select
        signs.customer_id,
        signs.interest_kind,
        signs.interest,
        count(*) as n_signs,
        count(*) filter (where signs.sign = 'bought') as n_bought,
        sum(
            weights.weight
            * power(
                cast(0.5 as double precision),
                ({{ business_date() }} - signs.sign_date) / (30.4375 * {{ var('engagement_half_life_months') }})
            )
        ) as strength,
        max(signs.sign_date) as last_sign_date
    from signs
    inner join weights
        on signs.sign = weights.sign
    where signs.sign_date <= {{ business_date() }}
    group by signs.customer_id, signs.interest_kind, signs.interest

),

final as (

    select
        customer_id,
        interest_kind,
        interest,
        cast(n_signs as integer) as n_signs,
        cast(n_bought as integer) as n_bought,
        cast(round(cast(strength as numeric), 4) as numeric(18, 4)) as strength,
        cast(
            row_number() over (
                partition by customer_id, interest_kind order by strength desc, last_sign_date desc, interest asc
            ) as integer
        ) as place,
        n_signs < {{ var('preference_min_occasions') }} as is_too_thin,
        last_sign_date
    from weighed
    where strength > 0

)

select * from final
