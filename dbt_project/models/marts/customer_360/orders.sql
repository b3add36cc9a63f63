with orders as (

    select * from {{ ref('int_orders_converted') }}

),

final as (

    select
        order_id,
        customer_id,
        vendor,
        order_number,
        sales_channel,
        store,
        coupon_code,
        '{{ var("reporting_currency") }}' as reporting_currency,
        original_currency,
        exchange_rate,
        n_items,
        gross_amount,
        discount_amount,
        shipping_amount,
        tax_amount,
        total_amount,
        refunded_amount,
        original_total_amount,
        original_refunded_amount,
        order_rank,
        is_cancelled,
        is_test,
        is_counted,
        coalesce(order_rank = 1, false) as is_first_order,
        is_rate_carried_forward,
        has_quarantined_lines,
        ordered_at,
        order_date
    from orders

)

select * from final
