{{ config(enabled='generic' in var('vendors')) }}

with lines as (

    select * from {{ ref('base_generic__order_lines') }}

),

amounts as (

    select
        *,
        coalesce(gross_amount, unit_price * quantity, net_amount + coalesce(discount_amount, 0)) as full_amount
    from lines

),

-- Several exports can tell of one day's lines, so positions are counted anew.
renamed as (

    select
        'generic' as vendor,
        'generic:orders:' || order_number || ':' || position as source_record_id,
        'generic:' || order_number || ':' || position as order_line_id,
        'generic:' || order_number as order_id,
        position as line_number,
        'generic:' || product_id as product_id,
        product_name,
        product_category,
        quantity,
        coalesce(unit_price, full_amount / nullif(quantity, 0)) as unit_price,
        full_amount as gross_amount,
        coalesce(discount_amount, full_amount - net_amount) as discount_amount,
        net_amount
    from (
        select
            *,
            row_number() over (partition by order_number order by order_key, line_number) as position
        from amounts
    ) as positioned

)

select * from renamed
