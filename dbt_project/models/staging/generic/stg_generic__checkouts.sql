{{ config(enabled='generic' in var('vendors')) }}

with checkouts as (

    select * from {{ ref('base_generic__checkouts') }}

),

renamed as (

    select
        'generic' as vendor,
        'generic:checkouts:' || row_key as source_record_id,
        'generic:' || row_key as checkout_id,
        customer_record_id,
        'generic:' || order_number as order_id,
        coupon_code,
        items_text,
        currency,
        total_amount,
        n_items,
        order_number is not null or completed_at is not null as is_completed,
        started_at,
        completed_at
    from checkouts

)

select * from renamed
