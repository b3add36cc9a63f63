{{ config(enabled='generic' in var('vendors')) }}

with source as (

    {{ loaded(source('generic', 'order_lines')) }}

),

cleaned as (

    select
        *,
        {{ blank_to_null('order_id') }} as written_order_number,
        {{ blank_to_null('customer_id') }} as shop_customer_id,
        {{ blank_to_null('email') }} as customer_email,
        {{ vendor_instant('ordered_at', 'generic') }} as ordered_instant,
        cast({{ vendor_instant('ordered_at', 'generic') }} at time zone '{{ var("time_zone") }}' as date) as order_date
    from source

),

-- Without order numbers, what one customer bought on one day is one order.
keyed as (

    select
        *,
        coalesce(
            written_order_number,
            concat_ws(':', coalesce(shop_customer_id, md5(lower(customer_email))), order_date)
        ) as order_key
    from cleaned
    where written_order_number is not null or order_date is not null

),

latest as (

    {{ latest_export('keyed', ['order_key']) }}

),

lines as (

    select
        order_key,
        written_order_number,
        shop_customer_id as customer_id,
        customer_email as email,
        {{ generic_customer_record_id('shop_customer_id', 'customer_email', 'order_key') }} as customer_record_id,
        ordered_instant as ordered_at,
        order_date,
        row_number() over (
            partition by order_key order by cast(line_number as integer), _row_number
        ) as line_number,
        {{ blank_to_null('product_id') }} as product_id,
        {{ blank_to_null('product_name') }} as product_name,
        {{ blank_to_null('product_category') }} as product_category,
        coalesce({{ to_decimal('quantity', 'numeric(18, 3)') }}, 1) as quantity,
        {{ to_decimal('unit_price') }} as unit_price,
        {{ to_decimal('gross_amount') }} as gross_amount,
        {{ to_decimal('discount_amount') }} as discount_amount,
        {{ to_decimal('net_amount') }} as net_amount,
        coalesce(upper({{ blank_to_null('currency') }}), {{ vendor_currency('generic') }}) as currency,
        file_date,
        first_file_date
    from latest

)

select * from lines
