{{ config(enabled='magento' in var('vendors')) }}

with orders as (

    select * from {{ ref('base_magento__orders') }}

),

renamed as (

    select
        'magento' as vendor,
        'magento:orders:' || order_number as source_record_id,
        'magento:' || order_number as order_id,
        order_number,
        customer_record_id,
        ordered_at,
        {{ vendor_currency('magento') }} as currency,
        -- The grid tells neither discounts nor taxes: what is not delivery counts as goods.
        total_amount - shipping_amount as gross_amount,
        cast(0 as numeric(18, 2)) as discount_amount,
        shipping_amount,
        cast(0 as numeric(18, 2)) as tax_amount,
        total_amount,
        refunded_amount,
        is_cancelled,
        -- Nothing in the grid tells a test, a coupon or how many pieces.
        false as is_test,
        cast(null as text) as coupon_code,
        cast(null as numeric(18, 3)) as n_items,
        'web' as sales_channel,
        purchase_point as store,
        -- The grid has no lines.
        cast(null as boolean) as has_quarantined_lines
    from orders

)

select * from renamed
