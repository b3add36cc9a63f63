{#-
    Signs that somebody is short of money or of time, each as a share drawn to the business's mean and then as a rank among
    buyers, so that signs that all share weigh nothing.
-#}
with orders as (

    select * from {{ ref('int_orders_converted') }}
    where is_counted

),

incentives as (

    select * from {{ ref('int_customer_incentives') }}

),

baskets as (

    select * from {{ ref('int_shopper_baskets') }}

),

lines as (

    select * from {{ ref('int_order_lines_unioned') }}

),

service_contacts as (

    select * from {{ ref('int_service_contacts_timed') }}

),

time_words as (

    select * from {{ ref('time_words') }}

),

topics as (

    select distinct topics.topic
    from (select distinct topic from service_contacts) as topics
    inner join time_words
        on position({{ fold('time_words.word') }} in {{ fold('topics.topic') }}) > 0

),

contacts as (

    select
        service_contacts.customer_id,
        count(*) as n_time_contacts
    from service_contacts
    inner join topics
        on service_contacts.topic = topics.topic
    group by service_contacts.customer_id

),

lines_counted as (

    select
        order_id,
        count(distinct product_id) as n_products
    from lines
    group by order_id

),

deliveries as (

    select
        orders.customer_id,
        count(*) filter (where orders.shipping_amount > 0) as n_paid_delivery,
        count(*) filter (where lines_counted.n_products > 1) as n_several_products
    from orders
    left join lines_counted
        on orders.order_id = lines_counted.order_id
    group by orders.customer_id

),

signs as (

    select
        incentives.customer_id,
        of_sign.*
    from incentives
    inner join deliveries
        on incentives.customer_id = deliveries.customer_id
    left join baskets
        on incentives.customer_id = baskets.customer_id
    left join contacts
        on incentives.customer_id = contacts.customer_id
    cross join
        lateral (
            values
            ('money', 'coupon', cast(incentives.n_coupon as double precision), incentives.n_orders),
            ('money', 'discount', incentives.n_discounted, incentives.n_orders),
            ('money', 'marked_down', baskets.n_lines_below_usual, baskets.n_priced_lines),
            ('money', 'cheap', (1 - baskets.price_rank) * baskets.n_lines, baskets.n_lines),
            ('time', 'paid_delivery', deliveries.n_paid_delivery, incentives.n_orders),
            ('time', 'one_stop', deliveries.n_several_products, incentives.n_orders),
            (
                'time',
                'asked_when',
                least(coalesce(contacts.n_time_contacts, 0), incentives.n_orders),
                incentives.n_orders
            )
        ) as of_sign (hurt, sign, k, n)
    where of_sign.n > 0 and of_sign.k is not null

),

means as (

    select
        sign,
        sum(k) / sum(n) as mean
    from signs
    group by sign
    having sum(k) > 0 and sum(k) < sum(n)

),

shares as (

    select
        signs.customer_id,
        signs.hurt,
        signs.sign,
        (signs.k + {{ var('hurt_prior_orders') }} * means.mean) / (signs.n + {{ var('hurt_prior_orders') }}) as share
    from signs
    inner join means
        on signs.sign = means.sign

),

ranked as (

    select
        *,
        (
            rank() over (partition by sign order by share) - 1
            + count(*) over (partition by sign, share) / 2.0
        ) / count(*) over (partition by sign) as sign_rank
    from shares

),

summed as (

    select
        customer_id,
        avg(sign_rank) filter (where hurt = 'money') as money_rank,
        avg(sign_rank) filter (where hurt = 'time') as time_rank,
        max(share) filter (where sign = 'coupon') as coupon_share,
        max(share) filter (where sign = 'discount') as discount_share,
        max(share) filter (where sign = 'marked_down') as marked_down_share,
        max(share) filter (where sign = 'cheap') as cheapness,
        max(share) filter (where sign = 'paid_delivery') as paid_delivery_share,
        max(share) filter (where sign = 'one_stop') as one_stop_share,
        max(share) filter (where sign = 'asked_when') as asked_when_share
    from ranked
    group by customer_id

),

final as (

    select
        incentives.customer_id,
        incentives.n_orders,
        summed.money_rank,
        summed.time_rank,
        summed.coupon_share,
        summed.discount_share,
        summed.marked_down_share,
        summed.cheapness,
        summed.paid_delivery_share,
        summed.one_stop_share,
        summed.asked_when_share
    from incentives
    left join summed
        on incentives.customer_id = summed.customer_id

)

select * from final
