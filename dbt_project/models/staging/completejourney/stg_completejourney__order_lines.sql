{{ config(enabled='completejourney' in var('vendors')) }}

with transactions as (

    select * from {{ ref('base_completejourney__transactions') }}

),

numbered as (

    select
        *,
        row_number() over (partition by basket_id order by row_number_in_file) as line_number
    from transactions

),

lines as (

    select
        'completejourney' as vendor,
        'completejourney:transactions:' || basket_id || ':' || line_number as source_record_id,
        'completejourney:' || basket_id || ':' || line_number as order_line_id,
        'completejourney:' || basket_id as order_id,
        line_number,
        'completejourney:' || product_id as product_id,
        cast(null as text) as product_name,
        cast(null as text) as product_category,
        quantity,
        (net_amount + discount_amount) / nullif(quantity, 0) as unit_price,
        net_amount + discount_amount as gross_amount,
        discount_amount,
        net_amount
    from numbered

)

select * from lines
