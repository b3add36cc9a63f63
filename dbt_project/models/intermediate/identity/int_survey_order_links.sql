with answers as (

    select * from {{ ref('int_survey_answers_unioned') }}

),

orders as (

    select * from {{ ref('int_orders_unioned') }}

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
