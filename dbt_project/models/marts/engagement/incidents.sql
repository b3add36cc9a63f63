{#-
    What went wrong for a person, by four signs, each with the instant it was known: a day of delivery or a time to reply
    that passed, a return with a contact about it, a low score. What happens to one person within same_case_days of the
    last is one case, named by its first incident.
-#}
with promises as (

    select * from {{ ref('promises') }}
    where
        promise_type in ('delivery', 'reply')
        and status = 'broken'

),

returns as (

    select
        *,
        coalesce(requested_at, received_at, refunded_at) as returned_at
    from {{ ref('returns') }}

),

service_contacts as (

    select * from {{ ref('service_contacts') }}

),

survey_responses as (

    select * from {{ ref('survey_responses') }}
    where customer_id is not null

),

broken_promises as (

    select
        'late:' || promise_id as incident_id,
        customer_id,
        case promise_type when 'delivery' then 'late_delivery' else 'unanswered_contact' end as incident_type,
        source_id,
        order_id,
        subject,
        responsible,
        due_at as opened_at,
        kept_at as made_good_at
    from promises

),

complained as (

    select distinct returns.return_id
    from returns
    inner join service_contacts
        on
            returns.customer_id = service_contacts.customer_id
            and abs(service_contacts.opened_date - returns.return_date) <= {{ var('complaint_days') }}

),

complaints as (

    select
        'return:' || returns.return_id as incident_id,
        returns.customer_id,
        'return_with_complaint' as incident_type,
        returns.return_id as source_id,
        returns.order_id,
        returns.reason as subject,
        cast(null as text) as responsible,
        returns.returned_at as opened_at,
        returns.refunded_at as made_good_at
    from returns
    inner join complained
        on returns.return_id = complained.return_id

),

-- Nothing makes a score good but that somebody takes it up: recovery looks for that.
low_scores as (

    select
        'score:' || response_id as incident_id,
        customer_id,
        'low_score' as incident_type,
        response_id as source_id,
        cast(null as text) as order_id,
        touchpoint as subject,
        cast(null as text) as responsible,
        answered_at as opened_at,
        cast(null as timestamp with time zone) as made_good_at
    from survey_responses
    where {{ is_low_score() }}

),

combined as (

    select * from broken_promises
    union all
    select * from complaints
    union all
    select * from low_scores

),

happened as (

    select
        *,
        lag(opened_at) over (partition by customer_id order by opened_at, incident_id) as last_opened_at
    from combined
    where opened_at <= {{ clock() }}

),

numbered as (

    select
        *,
        count(*) filter (
            where last_opened_at is null or opened_at > last_opened_at + interval '{{ var("same_case_days") }} days'
        ) over (partition by customer_id order by opened_at, incident_id) as case_number
    from happened

),

final as (

    select
        incident_id,
        first_value(incident_id) over (
            partition by customer_id, case_number order by opened_at, incident_id
        ) as case_id,
        customer_id,
        incident_type,
        source_id,
        order_id,
        subject,
        responsible,
        cast(case_number as integer) as case_number,
        opened_at,
        made_good_at,
        {{ to_business_date('opened_at') }} as opened_date
    from numbered

)

select * from final
