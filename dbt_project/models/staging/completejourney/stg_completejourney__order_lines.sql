{{ config(enabled='completejourney' in var('vendors')) }}

with transactions as (

    select * from {{ ref('base_completejourney__transactions') }}

),

numbered as (

    select
        'completejourney:' || basket_id as order_id,
        row_number() over (
            partition by 'completejourney:' || basket_id order by load_id, row_number_in_file
        ) as line_number,
        product_id,
        quantity,
        net_amount,
        discount_amount
    from transactions

),

lines as (

    select
        'completejourney' as vendor,
        'completejourney:transactions:' || split_part(order_id, ':', 2) || ':' || line_number as source_record_id,
        order_id || ':' || line_number as order_line_id,
        order_id,
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
