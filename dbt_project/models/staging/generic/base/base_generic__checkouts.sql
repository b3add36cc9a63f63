{{ config(enabled='generic' in var('vendors')) }}

with source as (

    {{ loaded(source('generic', 'checkouts')) }}

),

keyed as (

    select
        *,
        coalesce(
            {{ blank_to_null('checkout_id') }},
            concat_ws(':', coalesce({{ blank_to_null('customer_id') }}, md5(lower(email))), started_at)
        ) as row_key
    from source

),

latest as (

    {{ latest_export('keyed', ['row_key'], one_row=true) }}

),

checkouts as (

    select
        row_key,
        {{ blank_to_null('customer_id') }} as customer_id,
        {{ blank_to_null('email') }} as email,
        {{ blank_to_null('phone') }} as phone,
        {{ blank_to_null('full_name') }} as full_name,
        {{ blank_to_null('items') }} as items_text,
        {{ to_decimal('n_items', 'numeric(18, 3)') }} as n_items,
        {{ to_decimal('total_amount') }} as total_amount,
        coalesce(upper({{ blank_to_null('currency') }}), {{ vendor_currency('generic') }}) as currency,
        {{ blank_to_null('coupon_code') }} as coupon_code,
        {{ blank_to_null('order_id') }} as order_number,
        {{ vendor_instant('started_at', 'generic') }} as started_at,
        {{ vendor_instant('completed_at', 'generic') }} as completed_at,
        file_date,
        first_file_date
    from latest

),

final as (

    select
        *,
        {{ generic_customer_record_id('customer_id', 'email', "'checkouts:' || row_key") }} as customer_record_id
    from checkouts

)

select * from final
