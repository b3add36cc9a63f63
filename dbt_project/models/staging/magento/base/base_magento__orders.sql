{{ config(enabled='magento' in var('vendors')) }}

with source as (

    {{ loaded(source('magento', 'orders')) }}

),

latest as (

    {{ latest_export('source', ['id'], one_row=true) }}

),

typed as (

    select
        btrim(id) as order_number,
        {{ blank_to_null('customer_email') }} as email,
        coalesce({{ blank_to_null('customer_name') }}, {{ blank_to_null('bill_to_name') }}) as full_name,
        coalesce({{ to_decimal('grand_total_base') }}, 0) as total_amount,
        coalesce({{ to_decimal('shipping_and_handling') }}, 0) as shipping_amount,
        coalesce({{ to_decimal('total_refunded') }}, 0) as refunded_amount,
        {{ blank_to_null('purchase_point') }} as purchase_point,
        {{ magento_is_cancelled('status') }} as is_cancelled,
        {{ vendor_instant('purchase_date', 'magento') }} as ordered_at,
        file_date,
        first_file_date
    from latest

),

final as (

    select
        order_number,
        coalesce(
            {{ magento_customer_record_id('email') }}, 'magento:guests:' || order_number
        ) as customer_record_id,
        email,
        full_name,
        total_amount,
        shipping_amount,
        refunded_amount,
        purchase_point,
        is_cancelled,
        ordered_at,
        file_date,
        first_file_date
    from typed

)

select * from final
