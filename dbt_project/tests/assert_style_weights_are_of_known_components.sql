-- The seed and the macro shopper_components() name the same.
with seeded as (

    select component from {{ ref('shopper_style_weights') }}

),

listed as (

    select component
    from (
        values
        {%- for component in shopper_components() %}
            ('{{ component }}'){{ "," if not loop.last }}
        {%- endfor %}
    ) as components (component)

)

select
    seeded.component as seeded,
    listed.component as listed
from seeded
full outer join listed
    on seeded.component = listed.component
where seeded.component is null or listed.component is null
