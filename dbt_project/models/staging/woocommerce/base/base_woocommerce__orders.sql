{{ config(enabled='woocommerce' in var('vendors')) }}

with order_lines as (

    select * from {{ ref('base_woocommerce__order_lines') }}

),

analytics_orders as (

    select * from {{ ref('base_woocommerce__analytics_orders') }}

),

customers as (

    select * from {{ ref('base_woocommerce__customers') }}

),

-- The plugin repeats an order's own columns on each of its rows.
exported as (

    select
        order_number,
        min(customer_record_id) as customer_record_id,
        min(status) as status,
        string_agg(distinct coupon_code, ',') as coupon_code,
        min(currency) as currency,
        coalesce(max(order_subtotal_amount), sum(gross_amount) filter (where is_line), 0) as gross_amount,
        coalesce(max(cart_discount_amount), 0) as discount_amount,
        coalesce(max(order_shipping_amount), 0) as shipping_amount,
        coalesce(max(order_tax_amount), 0) as tax_amount,
        max(order_total_amount) as total_amount,
        coalesce(max(order_refund_amount), sum(line_total_refunded), 0) as refunded_amount,
        sum(quantity) filter (where is_line) as n_items,
        min(ordered_at) as ordered_at
    from order_lines
    group by order_number

),

-- Analytics names the customer and nothing else; a name that one customer alone has will do.
unique_names as (

    select
        name_key,
        min(customer_record_id) as customer_record_id
    from customers
    where name_key is not null
    group by name_key
    having count(*) = 1

),

combined as (

    select
        order_number,
        customer_record_id,
        coupon_code,
        currency,
        gross_amount,
        discount_amount,
        shipping_amount,
        tax_amount,
        coalesce(total_amount, gross_amount - discount_amount + shipping_amount + tax_amount) as total_amount,
        refunded_amount,
        n_items,
        {{ woocommerce_is_cancelled('status') }} as is_cancelled,
        ordered_at
    from exported

    union all

    select
        analytics_orders.order_number,
        coalesce(
            unique_names.customer_record_id, 'woocommerce:guests:' || analytics_orders.order_number
        ) as customer_record_id,
        analytics_orders.coupon_code,
        {{ vendor_currency('woocommerce') }} as currency,
        analytics_orders.total_amount as gross_amount,
        0 as discount_amount,
        0 as shipping_amount,
        0 as tax_amount,
        analytics_orders.total_amount,
        analytics_orders.refunded_amount,
        analytics_orders.n_items,
        analytics_orders.is_cancelled,
        analytics_orders.ordered_at
    from analytics_orders
    left join unique_names
        on analytics_orders.name_key = unique_names.name_key
    left join exported
        on analytics_orders.order_number = exported.order_number
    where exported.order_number is null

)

select * from combined
