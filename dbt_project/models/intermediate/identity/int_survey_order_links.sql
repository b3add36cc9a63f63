with answers as (

    select * from {{ ref('int_survey_answers_unioned') }}

),

order_names as (

    select * from {{ ref('int_order_names') }}

),

final as (

    select
        answers.customer_record_id as respondent_record_id,
        min(order_names.customer_record_id) as buyer_record_id
    from answers
    inner join order_names
        on {{ bare_name('answers.order_number', is_id=false) }} = order_names.named_as
    group by answers.customer_record_id

)

select * from final
