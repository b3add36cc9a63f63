with products as (

    select * from {{ ref('int_products_recognised') }}

),

bare_names as (

    select
        bare_name as named_as,
        min(product_id) as product_id
    from products
    group by bare_name
    having count(distinct product_id) = 1

),

final as (

    select
        listed_product_id as named_as,
        product_id
    from products

    union all

    select
        named_as,
        product_id
    from bare_names

)

select * from final
