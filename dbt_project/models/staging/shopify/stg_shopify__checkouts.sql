{{ config(enabled='shopify' in var('vendors')) }}

with checkouts as (

    select * from {{ ref('base_shopify__checkouts') }}

),

renamed as (

    select
        'shopify' as vendor,
        'shopify:checkouts:' || checkout_id as source_record_id,
        'shopify:' || checkout_id as checkout_id,
        {{ shopify_buyer_record_id() }} as customer_record_id,
        -- The export names no order.
        cast(null as text) as order_id,
        discount_code as coupon_code,
        items_text,
        coalesce(currency, {{ vendor_currency('shopify') }}) as currency,
        total as total_amount,
        n_items,
        completed_at is not null as is_completed,
        created_at as started_at,
        completed_at
    from checkouts

)

select * from renamed
