{{ config(materialized='by_key') }}

with orders as (

    select
        *,
        ordered_at at time zone '{{ var("time_zone") }}' as local_at
    from {{ of_changed(ref('int_orders_converted')) }}

),

lines as (

    select * from {{ of_changed(ref('order_lines')) }}
    where is_counted

),

returns as (

    select * from {{ of_changed(ref('returns')) }}

),

totals as (

    select
        customer_id,
        cast(count(*) filter (where is_counted) as integer) as n_orders
    from orders
    group by customer_id

),

-- Midnight sharp is a date without a time.
timed_orders as (

    select
        *,
        cast(extract(isodow from local_at) as text) as order_weekday,
        case when cast(local_at as time) <> time '00:00' then cast(extract(hour from local_at) as text) end
            as order_hour
    from orders
    where is_counted

),

-- One vote for each order: how it was placed, when, and each category in it.
votes as (

    {% for habit, choice in [('channel', 'sales_channel'), ('weekday', 'order_weekday'), ('hour', 'order_hour')] %}
        select
            customer_id,
            order_id,
            ordered_at,
            '{{ habit }}' as habit,
            {{ choice }} as choice
        from timed_orders

        union all
    {% endfor %}

    select distinct
        customer_id,
        order_id,
        ordered_at,
        'category' as habit,
        product_category as choice
    from lines

),

counted as (

    select
        customer_id,
        habit,
        choice,
        count(*) as n_votes,
        max(ordered_at) as last_at
    from votes
    where choice is not null
    group by customer_id, habit, choice

),

voters as (

    select
        customer_id,
        habit,
        count(distinct order_id) as n_orders
    from votes
    where choice is not null
    group by customer_id, habit

),

-- Most orders win, of as many the newer, then the first by its name.
favourites as (

    select distinct on (counted.customer_id, counted.habit)
        counted.customer_id,
        counted.habit,
        counted.choice
    from counted
    inner join voters
        on
            counted.customer_id = voters.customer_id
            and counted.habit = voters.habit
    where voters.n_orders >= {{ var('favourite_min_orders') }}
    order by
        counted.customer_id asc, counted.habit asc, counted.n_votes desc, counted.last_at desc, counted.choice asc

),

favourites_abreast as (

    select
        customer_id,
        max(choice) filter (where habit = 'category') as favourite_category,
        max(choice) filter (where habit = 'channel') as favourite_channel,
        cast(max(choice) filter (where habit = 'weekday') as integer) as favourite_weekday,
        cast(max(choice) filter (where habit = 'hour') as integer) as favourite_hour
    from favourites
    group by customer_id

),

margins as (

    select
        customer_id,
        cast(sum(margin_amount) as numeric(18, 2)) as margin_amount,
        greatest(least(sum(net_amount) filter (where margin_amount is not null) / nullif(sum(net_amount), 0), 1), 0)
            as margin_known_rate
    from lines
    group by customer_id

),

returned as (

    select
        customer_id,
        cast(count(*) as integer) as n_returns,
        sum(refunded_amount) as returned_amount
    from returns
    group by customer_id

),

final as (

    select
        totals.customer_id,
        favourites_abreast.favourite_category,
        favourites_abreast.favourite_channel,
        '{{ var("reporting_currency") }}' as reporting_currency,
        totals.n_orders,
        coalesce(returned.n_returns, 0) as n_returns,
        margins.margin_amount,
        cast(coalesce(margins.margin_known_rate, 0) as numeric(5, 4)) as margin_known_rate,
        cast(coalesce(returned.returned_amount, 0) as numeric(18, 2)) as returned_amount,
        favourites_abreast.favourite_weekday,
        favourites_abreast.favourite_hour
    from totals
    left join favourites_abreast
        on totals.customer_id = favourites_abreast.customer_id
    left join margins
        on totals.customer_id = margins.customer_id
    left join returned
        on totals.customer_id = returned.customer_id

)

select * from final
