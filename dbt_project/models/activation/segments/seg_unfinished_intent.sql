with

checkouts as (
    select * from {{ live('checkouts') }}
),

orders as (
    select * from {{ live('orders') }}
),

latest_checkouts as (
    select distinct on (customer_id)
        customer_id,
        n_items,
        started_at,
        is_completed
    from checkouts
    where
        customer_id is not null
        and started_at <= {{ clock() }}
    order by customer_id asc, started_at desc, checkout_id desc
),

orders_since as (
    select distinct latest_checkouts.customer_id
    from latest_checkouts
    inner join orders
        on
            latest_checkouts.customer_id = orders.customer_id
            and latest_checkouts.started_at <= orders.ordered_at
    where orders.is_counted
),

final as (
    select
        latest_checkouts.customer_id,
        'Left a basket on ' || to_char({{ to_business_date('latest_checkouts.started_at') }}, 'YYYY-MM-DD')
        || coalesce(', items ' || cast(round(latest_checkouts.n_items) as text), '') as reason,
        cast(null as text) as offer,
        {{ valid_for_days(var("unfinished_intent_valid_days", 3)) }} as valid_until
    from latest_checkouts
    left join orders_since
        on latest_checkouts.customer_id = orders_since.customer_id
    where
        not latest_checkouts.is_completed
        and orders_since.customer_id is null
        and latest_checkouts.started_at > {{ clock() }} - interval '{{ 24 * var("unfinished_intent_days", 3) }} hours'
)

select * from final
