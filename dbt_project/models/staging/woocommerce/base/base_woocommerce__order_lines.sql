{{ config(enabled='woocommerce' in var('vendors')) }}

with source as (

    {{ loaded(source('woocommerce', 'order_lines')) }}

),

latest as (

    {{ latest_export('source', ['order_number']) }}

),

typed as (

    select
        btrim(order_number) as order_number,
        -- A row of an order with more coupons than products has no product.
        quantity is not null or sku <> '' or item_name <> '' as is_line,
        row_number() over (
            partition by order_number order by cast(item_number as integer), _row_number
        ) as line_number,
        {{ blank_to_null('email_billing') }} as email,
        {{ blank_to_null('phone_billing') }} as phone,
        {{ blank_to_null('first_name_billing') }} as first_name,
        {{ blank_to_null('last_name_billing') }} as last_name,
        {{ blank_to_null('full_name_billing') }} as full_name,
        {{ blank_to_null('address_billing') }} as street_address,
        {{ blank_to_null('city_billing') }} as city,
        {{ blank_to_null('postcode_billing') }} as postal_code,
        upper({{ blank_to_null('country_code_billing') }}) as country_code,
        {{ blank_to_null('order_status') }} as status,
        {{ blank_to_null('coupon_code') }} as coupon_code,
        coalesce(upper({{ blank_to_null('currency') }}), {{ vendor_currency('woocommerce') }}) as currency,
        {{ blank_to_null('sku') }} as sku,
        {{ blank_to_null('item_name') }} as item_name,
        {{ blank_to_null("split_part(category, ',', 1)") }} as category,
        coalesce({{ to_decimal('quantity', 'numeric(18, 3)') }}, 1) as quantity,
        {{ to_decimal('item_cost') }} as item_cost,
        {{ to_decimal('line_subtotal') }} as line_subtotal,
        coalesce({{ to_decimal('line_total') }}, {{ to_decimal('line_without_tax') }}) as line_total,
        {{ to_decimal('line_total_refunded') }} as line_total_refunded,
        {{ to_decimal('cart_discount_amount') }} as cart_discount_amount,
        {{ to_decimal('order_subtotal_amount') }} as order_subtotal_amount,
        coalesce({{ to_decimal('order_total_tax_amount') }}, {{ to_decimal('order_tax_amount') }}) as order_tax_amount,
        {{ to_decimal('order_shipping_amount') }} as order_shipping_amount,
        {{ to_decimal('order_refund_amount') }} as order_refund_amount,
        {{ to_decimal('order_total_amount') }} as order_total_amount,
        {{ vendor_instant('order_date', 'woocommerce') }} as ordered_at,
        file_date,
        first_file_date
    from latest

),

final as (

    select
        *,
        case
            when email is null then 'woocommerce:guests:' || order_number
            else {{ woocommerce_customer_record_id('email') }}
        end as customer_record_id,
        coalesce(line_subtotal, item_cost * quantity, line_total) as gross_amount,
        coalesce(line_total, line_subtotal, item_cost * quantity) as net_amount
    from typed

)

select * from final
