{{ config(enabled='woocommerce' in var('vendors')) }}

with source as (

    {{ loaded(source('woocommerce', 'orders')) }}

),

latest as (

    {{ latest_export('source', ['order_number']) }}

),

typed as (

    select
        btrim(order_number) as order_number,
        {{ blank_to_null('customer') }} as full_name,
        {{ blank_to_null('coupons') }} as coupon_code,
        lower(btrim(status)) as status,
        {{ to_decimal('net_sales') }} as net_sales,
        cast(items_sold as numeric(18, 3)) as items_sold,
        {{ vendor_instant('date', 'woocommerce') }} as ordered_at,
        file_date,
        first_file_date,
        _row_number
    from latest

),

-- A refund is a row of its own, of negative sales. Where it is not in the file, the status tells of a whole one.
orders as (

    select
        order_number,
        min(full_name) as full_name,
        min(coupon_code) as coupon_code,
        min(status) filter (where net_sales >= 0) as status,
        coalesce(sum(net_sales) filter (where net_sales >= 0), 0) as total_amount,
        coalesce(-sum(net_sales) filter (where net_sales < 0), 0) as negative_amount,
        sum(items_sold) filter (where net_sales >= 0) as n_items,
        min(ordered_at) as ordered_at,
        max(file_date) as file_date,
        min(first_file_date) as first_file_date
    from typed
    group by order_number

),

final as (

    select
        order_number,
        full_name,
        lower(full_name) as name_key,
        coupon_code,
        total_amount,
        case
            when negative_amount = 0 and status = 'refunded' then total_amount
            else negative_amount
        end as refunded_amount,
        n_items,
        {{ woocommerce_is_cancelled('status') }} as is_cancelled,
        ordered_at,
        file_date,
        first_file_date
    from orders

)

select * from final
