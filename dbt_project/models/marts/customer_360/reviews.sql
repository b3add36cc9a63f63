with reviews as (

    select * from {{ ref('int_reviews_unioned') }}

),

records as (

    select * from {{ ref('int_customer_records') }}

),

order_names as (

    select * from {{ ref('int_order_names') }}

),

product_names as (

    select * from {{ ref('int_product_names') }}

),

products as (

    select * from {{ ref('products') }}

),

about_orders as (

    {{ with_found('reviews', 'order_id', 'order_names', 'found_order_id') }}

),

about_products as (

    {{ with_found('about_orders', 'product_id', 'product_names', 'found_product_id') }}

),

final as (

    select
        about_products.review_id,
        records.customer_id,
        coalesce(about_products.found_product_id, about_products.product_id) as product_id,
        about_products.found_order_id as order_id,
        about_products.vendor,
        products.category as product_category,
        about_products.title,
        about_products.review_text,
        about_products.status,
        -- The worst rating of a scale is 1, as in schema.org's Rating, unless 0 was given.
        case
            when about_products.rating between 0 and about_products.rating_max and about_products.rating_max > 1
                then cast(
                        greatest(1 + (about_products.rating - 1) * 4 / (about_products.rating_max - 1), 1)
                        as numeric(18, 2)
                    )
        end as rating,
        about_products.rating as original_rating,
        about_products.rating_max as original_rating_max,
        about_products.is_verified,
        about_products.reviewed_at,
        {{ as_of_night('about_products.replied_at') }} as replied_at,
        {{ to_business_date('about_products.reviewed_at') }} as review_date
    from about_products
    inner join records
        on about_products.customer_record_id = records.source_record_id
    left join products
        on coalesce(about_products.found_product_id, about_products.product_id) = products.product_id

)

select * from final
