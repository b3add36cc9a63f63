with considerations as (

    select * from {{ ref('int_shopper_considerations') }}

),

evidence as (

    select
        considerations.customer_id,
        of_component.*
    from considerations
    cross join lateral (
        values
        ('consideration_days', cast(considerations.consideration_days as double precision)),
        ('touches_before_order', considerations.n_touches),
        ('questions_before_order', considerations.n_questions)
    ) as of_component (component, value)

),

final as (

    select
        customer_id,
        component,
        cast(null as double precision) as n,
        cast(null as double precision) as k,
        value
    from evidence
    where value is not null

)

select * from final
