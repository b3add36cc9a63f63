{{ config(enabled='generic' in var('vendors')) }}

with source as (

    {{ loaded(source('generic', 'orders')) }}

),

cleaned as (

    select
        *,
        {{ blank_to_null('order_id') }} as order_number,
        {{ blank_to_null('customer_id') }} as shop_customer_id,
        {{ blank_to_null('email') }} as customer_email
    from source

),

-- An order without a number is told by who ordered, when, and for how much.
keyed as (

    select
        *,
        coalesce(
            order_number,
            concat_ws(':', coalesce(shop_customer_id, md5(lower(customer_email))), ordered_at, total_amount)
        ) as order_key
    from cleaned

),

latest as (

    {{ latest_export('keyed', ['order_key']) }}

),

-- A number names one order, the last in the file; without numbers, rows that are alike are as many orders.
counted as (

    select
        *,
        row_number() over (partition by order_key order by _row_number asc) as repetition,
        row_number() over (partition by order_key order by _row_number desc) = 1 as is_last
    from latest

),

orders as (

    select
        coalesce(order_number, order_key || ':' || repetition) as order_number,
        shop_customer_id as customer_id,
        customer_email as email,
        {{ vendor_instant('ordered_at', 'generic') }} as ordered_at,
        coalesce(upper({{ blank_to_null('currency') }}), {{ vendor_currency('generic') }}) as currency,
        {{ to_decimal('gross_amount') }} as gross_amount,
        coalesce({{ to_decimal('discount_amount') }}, 0) as discount_amount,
        coalesce({{ to_decimal('shipping_amount') }}, 0) as shipping_amount,
        coalesce({{ to_decimal('tax_amount') }}, 0) as tax_amount,
        {{ to_decimal('total_amount') }} as total_amount,
        coalesce({{ to_decimal('refunded_amount') }}, 0) as refunded_amount,
        coalesce(
            cast(btrim(is_cancelled) as boolean),
            btrim(status) ~* '^(cancel|void)',
            false
        ) as is_cancelled,
        coalesce(cast(btrim(is_test) as boolean), false) as is_test,
        {{ blank_to_null('coupon_code') }} as coupon_code,
        {{ to_decimal('n_items', 'numeric(18, 3)') }} as n_items,
        {{ blank_to_null('sales_channel') }} as sales_channel,
        {{ blank_to_null('store') }} as store,
        file_date,
        first_file_date
    from counted
    where order_number is null or is_last

),

final as (

    select
        *,
        {{ generic_customer_record_id('customer_id', 'email', 'order_number') }} as customer_record_id,
        cast(ordered_at at time zone '{{ var("time_zone") }}' as date) as order_date
    from orders

)

select * from final
