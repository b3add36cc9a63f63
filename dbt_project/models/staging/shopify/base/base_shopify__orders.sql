{{ config(enabled='shopify' in var('vendors')) }}

with source as (

    {{ loaded(source('shopify', 'orders')) }}

),

latest as (

    {{ latest_export('source', ['name']) }}

),

-- Only an order's first row carries its totals and addresses; the rows below it are further line items. Where that row
-- could not be read, the rows that are left make no order.
whole as (

    select *
    from (
        select
            *,
            total is not null as is_order_row,
            bool_or(total is not null) over (partition by name) as has_order_row
        from latest
    ) as marked
    where has_order_row

),

renamed as (

    select
        name as order_name,
        is_order_row,
        cancelled_at is not null or financial_status = 'voided' as is_cancelled,
        coalesce(tags ~* '(^|[ ,])test([ ,]|$)', false) or coalesce(payment_method ~* 'bogus', false) as is_test,
        row_number() over (partition by name order by _row_number) as line_number,
        {{ blank_to_null('email') }} as email,
        {{ without_apostrophe('coalesce(phone, billing_phone, shipping_phone)') }} as phone,
        {{ blank_to_null('billing_name') }} as billing_name,
        {{ blank_to_null('coalesce(billing_address1, billing_street)') }} as billing_address,
        {{ blank_to_null('billing_city') }} as billing_city,
        {{ without_apostrophe('billing_zip') }} as billing_zip,
        upper({{ blank_to_null('billing_country') }}) as billing_country,
        currency,
        {{ blank_to_null('discount_code') }} as discount_code,
        {{ blank_to_null('location') }} as location,
        {{ blank_to_null('source') }} as source_name,
        {{ blank_to_null('shipping_method') }} as shipping_method,
        {{ blank_to_null('fulfillment_status') }} as fulfillment_status,
        {{ to_decimal('subtotal') }} as subtotal,
        {{ to_decimal('shipping') }} as shipping,
        {{ to_decimal('taxes') }} as taxes,
        {{ to_decimal('total') }} as total,
        {{ to_decimal('discount_amount') }} as discount_amount,
        {{ to_decimal('refunded_amount') }} as refunded_amount,
        {{ blank_to_null('lineitem_sku') }} as lineitem_sku,
        {{ blank_to_null('lineitem_name') }} as lineitem_name,
        {{ blank_to_null('vendor') }} as lineitem_vendor,
        cast(lineitem_quantity as numeric(18, 3)) as lineitem_quantity,
        {{ to_decimal('lineitem_price') }} as lineitem_price,
        coalesce({{ to_decimal('lineitem_discount') }}, 0) as lineitem_discount,
        -- Shopify writes the offset into the text.
        cast(created_at as timestamp with time zone) as created_at,
        cast(fulfilled_at as timestamp with time zone) as fulfilled_at,
        file_date
    from whole

)

select * from renamed
