{%- set answer_models = concept_models('survey_answers') -%}
{%- set order_models = concept_models('orders') if answer_models else [] -%}

with answers as (
    {% for answers in answer_models %}
    {{ "union" if not loop.first }}
    select
        customer_record_id,
        order_number
    from {{ answers }}
    where order_number is not null
    {% else %}
    select
        cast(null as text) as customer_record_id,
        cast(null as text) as order_number
    where false
    {% endfor %}
),

orders as (
    {% for orders in order_models %}
    {{ "union all" if not loop.first }}
    select
        order_number,
        customer_record_id
    from {{ orders }}
    {% else %}
    select
        cast(null as text) as order_number,
        cast(null as text) as customer_record_id
    where false
    {% endfor %}
),

-- Two shops may number alike; then a number proves nothing.
unambiguous_orders as (

    select
        order_number,
        min(customer_record_id) as customer_record_id
    from orders
    group by order_number
    having count(*) = 1

),

final as (

    select
        answers.customer_record_id as respondent_record_id,
        min(unambiguous_orders.customer_record_id) as buyer_record_id
    from answers
    inner join unambiguous_orders
        on answers.order_number = unambiguous_orders.order_number
    group by answers.customer_record_id

)

select * from final
