with deliveries as (

    select * from {{ ref('int_deliveries_unioned') }}

),

order_names as (

    select * from {{ ref('int_order_names') }}

),

orders as (

    select * from {{ ref('int_orders_converted') }}

),

found as (

    {{ with_found('deliveries', 'order_id', 'order_names', 'found_order_id') }}

),

-- Of a vendor that never says so, nobody knows what has not arrived.
vendors as (

    select
        vendor,
        bool_or(delivered_at is not null) as is_arrival_told
    from deliveries
    group by vendor

),

as_of_night as (

    select
        found.delivery_id,
        orders.customer_id,
        orders.order_id,
        found.delivery_method,
        found.carrier,
        found.status,
        orders.is_counted,
        vendors.is_arrival_told,
        found.promised_date,
        {{ as_of_night('found.shipped_at') }} as shipped_at,
        {{ as_of_night('found.delivered_at') }} as delivered_at,
        bool_or(found.promised_date is not null or found.delivered_at is not null)
            over (partition by orders.order_id, found.vendor) as is_judged,
        bool_or(found.promised_date is not null or found.delivered_at is not null)
            over (partition by orders.order_id) as is_order_judged
    from found
    inner join orders
        on found.found_order_id = orders.order_id
    inner join vendors
        on found.vendor = vendors.vendor

),

-- The shop says that an order left, and so does who carries it: where one of them says what was promised or when it
-- arrived, the others' rows are the same parcels once more.
dated as (

    select
        *,
        {{ to_business_date('delivered_at') }} as delivered_date
    from as_of_night
    where
        is_judged
        or not is_order_judged

),

final as (

    select
        delivery_id,
        customer_id,
        order_id,
        delivery_method,
        carrier,
        status,
        case
            when delivered_date > promised_date then delivered_date - promised_date
            when delivered_date <= promised_date then 0
        end as n_days_late,
        case
            when delivered_at is not null then delivered_date > promised_date
            when is_counted and is_arrival_told then promised_date <= {{ business_date() }}
        end as is_late,
        shipped_at,
        delivered_at,
        promised_date,
        delivered_date
    from dated

)

select * from final
