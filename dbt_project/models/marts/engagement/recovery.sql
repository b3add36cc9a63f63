{#-
    What became of each case. Contacted: the first reply, or closing, of any of the person's contacts after it opened.
    Resolved: the goods, the reply and the refund are there; a low score counts as taken up once a contact after it is
    closed. Back: the next counted order. Before a time limit is over nobody knows, and the flag is null.
-#}
with incidents as (

    select * from {{ ref('incidents') }}

),

service_contacts as (

    select * from {{ ref('int_service_contacts_timed') }}

),

orders as (

    select * from {{ ref('orders') }}
    where is_counted

),

cases as (

    select
        case_id,
        customer_id,
        case_number,
        (array_agg(incident_type order by opened_at, incident_id))[1] as incident_type,
        cast(count(*) as integer) as n_incidents,
        bool_or(incident_type = 'low_score') as has_low_score,
        bool_or(incident_type <> 'low_score' and made_good_at is null) as is_something_missing,
        min(opened_at) as opened_at,
        min(opened_date) as opened_date,
        max(made_good_at) as made_good_at
    from incidents
    group by case_id, customer_id, case_number

),

replies as (

    select
        cases.case_id,
        min(coalesce(service_contacts.first_reply_at, service_contacts.closed_at)) as contacted_at,
        min(service_contacts.closed_at) as closed_at
    from cases
    inner join service_contacts
        on
            cases.customer_id = service_contacts.customer_id
            and cases.opened_at < coalesce(service_contacts.first_reply_at, service_contacts.closed_at)
    group by cases.case_id

),

orders_after as (

    select
        cases.case_id,
        min(orders.ordered_at) as back_at
    from cases
    inner join orders
        on
            cases.customer_id = orders.customer_id
            and cases.opened_at < orders.ordered_at
    group by cases.case_id

),

followed as (

    select
        cases.*,
        replies.contacted_at,
        orders_after.back_at,
        case
            when cases.is_something_missing or (cases.has_low_score and replies.closed_at is null) then null
            when cases.has_low_score then greatest(cases.made_good_at, replies.closed_at)
            else cases.made_good_at
        end as resolved_at
    from cases
    left join replies
        on cases.case_id = replies.case_id
    left join orders_after
        on cases.case_id = orders_after.case_id

),

final as (

    select
        case_id,
        customer_id,
        incident_type,
        case
            when back_at <= opened_at + interval '{{ var("recovery_back_days") }} days' then 'back'
            when back_at is not null then 'back_late'
            when opened_at + interval '{{ var("lapsed_max_days") }} days' < {{ clock() }} then 'lost'
            else 'open'
        end as outcome,
        n_incidents,
        case_number,
        cast(extract(epoch from contacted_at - opened_at) / 3600 as numeric(18, 2)) as n_hours_to_contact,
        {{ within_limit('contacted_at', 'opened_at', 'recovery_contact_days') }} as is_contacted,
        {{ within_limit('back_at', 'opened_at', 'recovery_back_days') }} as is_back,
        opened_at + interval '{{ var("recovery_back_days") }} days' < {{ clock() }} as is_back_known,
        not {{ within_limit('back_at', 'opened_at', 'lapsed_max_days') }} as is_lost,
        opened_at,
        contacted_at,
        resolved_at,
        back_at,
        opened_date
    from followed

)

select * from final
