with listed as (

    select * from {{ ref('int_products_recognised') }}

),

-- Of what several vendors list, the seller's own word counts first.
final as (

    select
        product_id,
        {%- set order = 'order by is_sold desc, listed_product_id asc' %}
        {%- for column in ['product_name', 'category', 'brand'] %}
            (array_agg({{ column }} {{ order }}) filter (where {{ column }} is not null))[1] as {{ column }},
        {%- endfor %}
        {%- for column in ['original_currency', 'original_unit_cost', 'unit_cost'] %}
            (array_agg({{ column }} {{ order }}) filter (where unit_cost is not null))[1] as {{ column }},
        {%- endfor %}
        max(median_unit_price) as median_unit_price
    from listed
    group by product_id

)

select * from final
