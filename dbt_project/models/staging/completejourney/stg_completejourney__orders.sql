{{ config(enabled='completejourney' in var('vendors')) }}

with transactions as (

    select * from {{ ref('base_completejourney__transactions') }}

),

baskets as (

    select
        'completejourney' as vendor,
        'completejourney:transactions:' || basket_id as source_record_id,
        'completejourney:' || basket_id as order_id,
        basket_id as order_number,
        'completejourney:households:' || min(household_id) as customer_record_id,
        min(transacted_at) as ordered_at,
        'USD' as currency,
        sum(net_amount + discount_amount) as gross_amount,
        sum(discount_amount) as discount_amount,
        0 as shipping_amount,
        0 as tax_amount,
        sum(net_amount) as total_amount,
        0 as refunded_amount,
        false as is_cancelled,
        false as is_test,
        cast(null as text) as coupon_code,
        sum(quantity) as n_items,
        'store' as sales_channel,
        min(store_id) as store,
        -- Its rows are told by basket and product: which basket an unreadable one is of is not.
        cast(null as boolean) as has_quarantined_lines
    from transactions
    group by basket_id

)

select * from baskets
