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

as_of_night as (

    select
        found.delivery_id,
        orders.customer_id,
        orders.order_id,
        found.delivery_method,
        found.carrier,
        found.status,
        orders.is_counted,
        found.promised_date,
        {{ as_of_night('found.shipped_at') }} as shipped_at,
        {{ as_of_night('found.delivered_at') }} as delivered_at,
        -- Of a vendor that never says so, nobody knows what has not arrived.
        bool_or(found.delivered_at is not null) over (partition by found.vendor) as is_arrival_told,
        bool_or(found.promised_date is not null or found.delivered_at is not null)
            over (partition by orders.order_id, found.vendor) as is_judged
    from found
    inner join orders
        on found.found_order_id = orders.order_id

),

-- The shop says that an order left, and so does who carries it: where one of them says what was promised or when it
-- arrived, the others' rows are the same parcels once more.
judged_orders as (

    select distinct order_id
    from as_of_night
    where is_judged

),

dated as (

    select
        as_of_night.*,
        {{ to_business_date('as_of_night.delivered_at') }} as delivered_date
    from as_of_night
    left join judged_orders
        on as_of_night.order_id = judged_orders.order_id
    where
        as_of_night.is_judged
        or judged_orders.order_id is null

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
