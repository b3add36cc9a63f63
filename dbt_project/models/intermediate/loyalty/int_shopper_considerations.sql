with totals as (

    select * from {{ ref('int_customer_order_totals') }}

),

profiles as (

    select * from {{ ref('int_customer_profiles') }}

),

answers as (

    select * from {{ ref('int_message_answers') }}

),

service_contacts as (

    select * from {{ ref('int_service_contacts_timed') }}

),

checkouts as (

    select * from {{ ref('int_checkouts_unioned') }}

),

records as (

    select * from {{ ref('int_customer_records') }}

),

touches as (

    select
        customer_id,
        answered_at as touched_at,
        false as is_question
    from answers
    where is_answered

    union all

    select
        customer_id,
        opened_at as touched_at,
        true as is_question
    from service_contacts

    union all

    select
        records.customer_id,
        checkouts.started_at as touched_at,
        false as is_question
    from checkouts
    inner join records
        on checkouts.customer_record_id = records.source_record_id

),

before_first_order as (

    select
        totals.customer_id,
        count(*) as n_touches,
        count(*) filter (where touches.is_question) as n_questions,
        min(touches.touched_at) as first_touch_at
    from totals
    inner join touches
        on
            totals.customer_id = touches.customer_id
            and totals.first_order_at > touches.touched_at
    group by totals.customer_id

),

final as (

    select
        totals.customer_id,
        coalesce(before_first_order.n_touches, 0) as n_touches,
        coalesce(before_first_order.n_questions, 0) as n_questions,
        -- Known no earlier than the order itself: bought at first sight.
        case
            when coalesce(profiles.first_seen_at, before_first_order.first_touch_at) is not null
                then greatest(
                        totals.first_order_date
                        - {{ to_business_date('least(profiles.first_seen_at, before_first_order.first_touch_at)') }},
                        0
                    )
        end as consideration_days
    from totals
    left join before_first_order
        on totals.customer_id = before_first_order.customer_id
    left join profiles
        on totals.customer_id = profiles.customer_id

)

select * from final
