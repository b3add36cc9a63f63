{{ config(enabled='generic' in var('vendors')) }}

with reviews as (

    select * from {{ ref('base_generic__reviews') }}

),

renamed as (

    select
        'generic' as vendor,
        'generic:reviews:' || row_key as source_record_id,
        'generic:' || row_key as review_id,
        customer_record_id,
        'generic:' || product_id as product_id,
        'generic:' || order_number as order_id,
        title,
        review_text,
        status,
        rating,
        rating_max,
        is_verified,
        reviewed_at,
        replied_at
    from reviews

)

select * from renamed
