{{ config(enabled='woocommerce' in var('vendors')) }}

with order_lines as (

    select * from {{ ref('base_woocommerce__order_lines') }}

),

renamed as (

    select
        'woocommerce' as vendor,
        'woocommerce:orders:' || order_number || ':' || line_number as source_record_id,
        'woocommerce:' || order_number || ':' || line_number as order_line_id,
        'woocommerce:' || order_number as order_id,
        line_number,
        'woocommerce:' || sku as product_id,
        item_name as product_name,
        category as product_category,
        quantity,
        item_cost as unit_price,
        gross_amount,
        gross_amount - net_amount as discount_amount,
        net_amount
    from order_lines
    where is_line and net_amount is not null

)

select * from renamed
