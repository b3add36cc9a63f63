with orders as (

    select * from {{ ref('int_customer_incentives') }}

),

baskets as (

    select * from {{ ref('int_shopper_baskets') }}

),

gaps as (

    select * from {{ ref('int_customer_purchase_gaps') }}

),

rhythm as (

    select
        customer_id,
        stddev_samp(gap_days) / nullif(avg(gap_days), 0) as variation
    from gaps
    group by customer_id
    having count(*) >= 2

),

measured as (

    select
        orders.*,
        orders.discounted_gross_amount / nullif(orders.gross_amount, 0) as discounted_share,
        baskets.n_category_lines,
        baskets.n_categories,
        baskets.price_rank,
        baskets.n_priced_lines,
        baskets.n_lines_below_usual,
        rhythm.variation
    from orders
    left join baskets
        on orders.customer_id = baskets.customer_id
    left join rhythm
        on orders.customer_id = rhythm.customer_id

),

evidence as (

    select
        measured.customer_id,
        of_component.*
    from measured
    cross join lateral (
        values
        ('discounted_order_share', measured.n_orders, measured.n_discounted, cast(null as double precision)),
        ('discounted_spend_share', measured.n_orders, measured.n_orders * measured.discounted_share, null),
        ('coupon_order_share', measured.n_orders, measured.n_coupon, null),
        ('promotion_order_share', measured.n_orders, measured.n_promotion, null),
        ('full_price_repeat_share', measured.n_repeat, measured.n_repeat_full_price, null),
        ('below_usual_price_share', measured.n_priced_lines, measured.n_lines_below_usual, null),
        ('category_breadth', measured.n_category_lines - 1, measured.n_categories - 1, null),
        ('price_tier', null, null, measured.price_rank),
        -- Who began lately has not had the time to stay.
        (
            'tenure', null, null,
            case
                when {{ business_date() }} - measured.first_order_date >= {{ var('onboarding_days') }}
                    then (measured.last_order_date - measured.first_order_date)
                        / cast({{ business_date() }} - measured.first_order_date as double precision)
            end
        ),
        ('regularity', null, null, -measured.variation)
    ) as of_component (component, n, k, value)

),

final as (

    select
        customer_id,
        component,
        cast(n as double precision) as n,
        cast(k as double precision) as k,
        value
    from evidence
    where n > 0 or value is not null

)

select * from final
