with orders as (

    select * from {{ ref('int_orders_converted') }}

),

incentives as (

    select * from {{ ref('int_order_incentives') }}

),

final as (

    select
        orders.order_id,
        orders.customer_id,
        orders.vendor,
        orders.order_number,
        orders.sales_channel,
        orders.store,
        orders.coupon_code,
        '{{ var("reporting_currency") }}' as reporting_currency,
        orders.original_currency,
        orders.exchange_rate,
        orders.n_items,
        orders.gross_amount,
        orders.discount_amount,
        orders.shipping_amount,
        orders.tax_amount,
        orders.total_amount,
        orders.refunded_amount,
        orders.original_total_amount,
        orders.original_refunded_amount,
        orders.order_rank,
        orders.is_cancelled,
        orders.is_test,
        orders.is_counted,
        coalesce(orders.order_rank = 1, false) as is_first_order,
        not incentives.has_incentive as is_full_price,
        orders.is_rate_carried_forward,
        orders.has_quarantined_lines,
        orders.ordered_at,
        orders.order_date
    from orders
    left join incentives
        on orders.order_id = incentives.order_id

)

select * from final
