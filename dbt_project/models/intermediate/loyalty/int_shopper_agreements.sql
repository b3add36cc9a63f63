{%- set components = shopper_components() -%}
with signals as (

    select * from {{ ref('int_shopper_signals') }}

),

-- Sums of floating point numbers come out otherwise in their last bits where rows are read in another order.
in_order as (

    select * from signals
    order by customer_id

),

-- All pairs in one pass over the buyers.
correlations as (

    select
        {%- for one in components %}
            {%- for other in components[loop.index:] %}
                corr({{ one }}_evidence, {{ other }}_evidence)
                    as {{ 'r_%s_%s' % (components.index(one), components.index(other)) }},
            {%- endfor %}
        {%- endfor %}
        count(*) as n_customers
    from in_order

),

pairs as (

    select
        pairs.one,
        pairs.other,
        pairs.correlation
    from correlations
    cross join
        lateral (
            values
            {%- for one in components %}
                {%- for other in components[loop.index:] %}
                    ('{{ one }}', '{{ other }}', {{ 'r_%s_%s' % (components.index(one), components.index(other)) }})
                    {{- "," if not (loop.last and one == components[-2]) }}
                {%- endfor %}
            {%- endfor %}
        ) as pairs (one, other, correlation)
    where pairs.correlation is not null

),

final as (

    select * from pairs

    union all

    select
        other as one,
        one as other,
        correlation
    from pairs

)

select * from final
