with checkouts as (

    select
        *,
        {{ to_business_date('started_at') }} as started_date
    from {{ ref('int_checkouts_unioned') }}

),

records as (

    select * from {{ ref('int_customer_records') }}

),

order_names as (

    select * from {{ ref('int_order_names') }}

),

orders as (

    select * from {{ ref('int_orders_converted') }}

),

rates as (

    select * from {{ ref('int_exchange_rates_daily') }}

),

rated as (

    {{ with_exchange_rate('checkouts', 'currency', 'started_date') }}

),

named as (

    {{ with_found('rated', 'order_id', 'order_names', 'named_order_id') }}

),

of_persons as (

    select
        named.*,
        records.customer_id
    from named
    inner join records
        on named.customer_record_id = records.source_record_id

),

named_orders as (

    select
        of_persons.checkout_id,
        orders.order_id,
        orders.ordered_at,
        true as is_named
    from of_persons
    inner join orders
        on of_persons.named_order_id = orders.order_id

),

next_orders as (

    select
        of_persons.checkout_id,
        orders.order_id,
        orders.ordered_at,
        false as is_named
    from of_persons
    inner join orders
        on
            of_persons.customer_id = orders.customer_id
            and orders.is_counted
            and orders.ordered_at between of_persons.started_at
            and of_persons.started_at + interval '{{ var("checkout_completion_hours") }} hours'

),

candidates as (

    select * from named_orders
    union all
    select * from next_orders

),

-- The order the vendor names, else the person's next one within the window.
ordered as (

    select distinct on (checkout_id)
        checkout_id,
        order_id,
        ordered_at
    from candidates
    order by checkout_id asc, is_named desc, ordered_at asc, order_id asc

),

final as (

    select
        of_persons.checkout_id,
        of_persons.customer_id,
        ordered.order_id,
        of_persons.coupon_code,
        of_persons.items_text,
        '{{ var("reporting_currency") }}' as reporting_currency,
        of_persons.currency as original_currency,
        of_persons.n_items,
        cast(round(of_persons.total_amount * of_persons.exchange_rate, 2) as numeric(18, 2)) as total_amount,
        of_persons.total_amount as original_total_amount,
        ordered.order_id is not null
        or (of_persons.is_completed and coalesce(of_persons.completed_at <= {{ clock() }}, true)) as is_completed,
        of_persons.started_at,
        coalesce({{ as_of_night('of_persons.completed_at') }}, ordered.ordered_at) as completed_at,
        of_persons.started_date
    from of_persons
    left join ordered
        on of_persons.checkout_id = ordered.checkout_id

)

select * from final
