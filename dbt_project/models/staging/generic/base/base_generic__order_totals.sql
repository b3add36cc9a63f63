{{ config(enabled='generic' in var('vendors')) }}

with orders as (

    select * from {{ ref('base_generic__orders') }}

),

lines as (

    select * from {{ ref('base_generic__order_lines') }}

),

-- Orders that only their lines tell of.
summed as (

    select
        order_number,
        min(customer_id) as customer_id,
        min(email) as email,
        min(ordered_at) as ordered_at,
        min(currency) as currency,
        sum(coalesce(gross_amount, net_amount + coalesce(discount_amount, 0))) as gross_amount,
        sum(coalesce(discount_amount, 0)) as discount_amount,
        sum(net_amount) as total_amount,
        sum(quantity) as n_items,
        min(customer_record_id) as customer_record_id,
        max(file_date) as file_date,
        min(first_file_date) as first_file_date
    from lines
    where not has_order
    group by order_number

),

combined as (

    select
        order_number,
        customer_id,
        email,
        customer_record_id,
        ordered_at,
        currency,
        coalesce(gross_amount, total_amount - shipping_amount + discount_amount) as gross_amount,
        discount_amount,
        shipping_amount,
        tax_amount,
        total_amount,
        refunded_amount,
        is_cancelled,
        is_test,
        coupon_code,
        n_items,
        sales_channel,
        store,
        file_date,
        first_file_date
    from orders

    union all

    select
        order_number,
        customer_id,
        email,
        customer_record_id,
        ordered_at,
        currency,
        gross_amount,
        discount_amount,
        0 as shipping_amount,
        0 as tax_amount,
        total_amount,
        0 as refunded_amount,
        false as is_cancelled,
        false as is_test,
        cast(null as text) as coupon_code,
        n_items,
        cast(null as text) as sales_channel,
        cast(null as text) as store,
        file_date,
        first_file_date
    from summed

)

select * from combined
