with components as (

    select * from {{ ref('int_shopper_components') }}

),

final as (

    select
        customer_id,
        {%- for component in shopper_components() %}
            max(measure) filter (where component = '{{ component }}') as {{ component }},
            max(evidence) filter (where component = '{{ component }}') as {{ component }}_evidence,
        {%- endfor %}
        cast(count(*) as integer) as n_components_known
    from components
    group by customer_id

)

select * from final
