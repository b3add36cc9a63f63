with returns as (

    select
        *,
        {{ to_business_date('coalesce(requested_at, received_at, refunded_at)') }} as return_date
    from {{ ref('int_returns_unioned') }}

),

order_names as (

    select * from {{ ref('int_order_names') }}

),

orders as (

    select * from {{ ref('int_orders_converted') }}

),

product_names as (

    select * from {{ ref('int_product_names') }}

),

products as (

    select * from {{ ref('products') }}

),

rates as (

    select * from {{ ref('int_exchange_rates_daily') }}

),

rated as (

    {{ with_exchange_rate('returns', 'currency', 'return_date') }}

),

of_orders as (

    {{ with_found('rated', 'order_id', 'order_names', 'found_order_id') }}

),

of_products as (

    {{ with_found('of_orders', 'product_id', 'product_names', 'found_product_id') }}

),

-- Paid back in the currency of the order, it is worth what it was when it was paid.
valued as (

    select
        of_products.*,
        orders.customer_id,
        coalesce(of_products.found_product_id, of_products.product_id) as returned_product_id,
        case
            when of_products.currency = orders.original_currency then orders.exchange_rate
            else of_products.exchange_rate
        end as refund_rate
    from of_products
    inner join orders
        on of_products.found_order_id = orders.order_id

),

final as (

    select
        valued.return_id,
        valued.customer_id,
        valued.found_order_id as order_id,
        valued.returned_product_id as product_id,
        products.category as product_category,
        valued.reason,
        valued.comment,
        valued.status,
        '{{ var("reporting_currency") }}' as reporting_currency,
        valued.currency as original_currency,
        valued.quantity,
        cast(round(valued.refunded_amount * valued.refund_rate, 2) as numeric(18, 2)) as refunded_amount,
        valued.refunded_amount as original_refunded_amount,
        valued.requested_at,
        {{ as_of_night('valued.received_at') }} as received_at,
        {{ as_of_night('valued.refunded_at') }} as refunded_at,
        valued.return_date
    from valued
    left join products
        on valued.returned_product_id = products.product_id

)

select * from final
