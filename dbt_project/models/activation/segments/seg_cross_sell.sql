{#-
    Of the categories somebody has not bought from, the one that most buyers of theirs did buy from, if enough did: the confidence
    of the rule (Agrawal, Imielinski and Swami 1993, SIGMOD, 207-216), above the category's share among all buyers.
-#}
with

order_lines as (
    select * from {{ live('order_lines') }}
    where is_counted and product_category is not null and customer_id is not null
),

customers as (
    select * from {{ live('customers') }}
    where lifecycle_stage in ('onboarding', 'active', 'loyal', 'won_back')
),

bought as (
    select distinct
        customer_id,
        product_category as category
    from order_lines
),

shop as (
    select count(distinct customer_id) as n_buyers
    from bought
),

buyers as (
    select
        bought.category,
        count(*) as n_buyers,
        cast(count(*) as numeric) / shop.n_buyers as share
    from bought
    cross join shop
    group by bought.category, shop.n_buyers
),

rules as (
    select
        mine.category,
        others.category as next_category,
        cast(count(*) as numeric) / buyers.n_buyers as confidence
    from bought as mine
    inner join bought as others
        on mine.customer_id = others.customer_id and mine.category <> others.category
    inner join buyers
        on mine.category = buyers.category
    where buyers.n_buyers >= {{ var('min_customers_for_a_share') }}
    group by mine.category, others.category, buyers.n_buyers
),

suggested as (
    select distinct on (customers.customer_id)
        customers.customer_id,
        rules.category,
        rules.next_category,
        rules.confidence
    from customers
    inner join bought
        on customers.customer_id = bought.customer_id
    inner join rules
        on bought.category = rules.category
    inner join buyers
        on rules.next_category = buyers.category
    left join bought as owned
        on customers.customer_id = owned.customer_id and rules.next_category = owned.category
    where
        owned.customer_id is null
        and rules.confidence >= {{ var("cross_sell_min_confidence", 0.2) }}
        and rules.confidence > buyers.share
    order by customers.customer_id asc, rules.confidence desc, rules.next_category asc, rules.category asc
),

final as (
    select
        customer_id,
        'Bought ' || category || ', never ' || next_category || ': ' || cast(round(100 * confidence) as text)
        || ' % of the buyers of the one bought the other' as reason,
        next_category as offer,
        {{ valid_for_days(var("cross_sell_valid_days", 14)) }} as valid_until
    from suggested
)

select * from final
