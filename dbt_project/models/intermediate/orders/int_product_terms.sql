{#- What lines say of their product, without what every sale moves a little: see int_products_merged. -#}
with products as (

    select * from {{ ref('int_products_merged') }}

),

final as (

    select
        product_id,
        product_name,
        category,
        unit_cost
    from products

)

select * from final
