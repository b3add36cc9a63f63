with terms as (

    select * from {{ ref('promise_terms') }}

),

orders as (

    select * from {{ ref('orders') }}

),

deliveries as (

    select * from {{ ref('deliveries') }}

),

service_contacts as (

    select * from {{ ref('service_contacts') }}

),

returns as (

    select * from {{ ref('returns') }}

),

referrals as (

    select * from {{ ref('referrals') }}

),

-- Where nobody can know whether it arrived, there is no promise to judge.
delivery_promises as (

    select
        'delivery:' || deliveries.delivery_id as promise_id,
        deliveries.customer_id,
        'delivery' as promise_type,
        deliveries.delivery_id as source_id,
        deliveries.order_id,
        deliveries.delivery_method as subject,
        deliveries.carrier as responsible,
        orders.ordered_at as promised_at,
        {{ last_instant_of('deliveries.promised_date') }} as due_at,
        deliveries.delivered_at as kept_at
    from deliveries
    inner join orders
        on deliveries.order_id = orders.order_id
    where
        deliveries.promised_date is not null
        and deliveries.is_late is not null

),

-- Closing it answers a contact of which no reply is recorded.
reply_promises as (

    select
        'reply:' || service_contacts.service_contact_id as promise_id,
        service_contacts.customer_id,
        'reply' as promise_type,
        service_contacts.service_contact_id as source_id,
        cast(null as text) as order_id,
        service_contacts.topic as subject,
        service_contacts.team as responsible,
        service_contacts.opened_at as promised_at,
        service_contacts.opened_at + coalesce(own_terms.n_hours, any_terms.n_hours) * interval '1 hour' as due_at,
        coalesce(service_contacts.first_reply_at, service_contacts.closed_at) as kept_at
    from service_contacts
    left join terms as own_terms
        on
            own_terms.promise_type = 'reply'
            and service_contacts.channel = own_terms.channel
    left join terms as any_terms
        on
            any_terms.promise_type = 'reply'
            and any_terms.channel is null

),

refund_promises as (

    select
        'refund:' || returns.return_id as promise_id,
        returns.customer_id,
        'refund' as promise_type,
        returns.return_id as source_id,
        returns.order_id,
        returns.reason as subject,
        cast(null as text) as responsible,
        returns.received_at as promised_at,
        {{ last_instant_of(to_business_date('returns.received_at') ~ ' + terms.n_days') }} as due_at,
        returns.refunded_at as kept_at
    from returns
    left join terms
        on terms.promise_type = 'refund'
    where returns.received_at is not null

),

-- Without a day, a reward is promised once the referral has won somebody.
reward_promises as (

    select
        'reward:' || referral_id as promise_id,
        referrer_customer_id as customer_id,
        'reward' as promise_type,
        referral_id as source_id,
        order_id,
        'referral' as subject,
        cast(null as text) as responsible,
        referred_at as promised_at,
        {{ last_instant_of('reward_due_date') }} as due_at,
        rewarded_at as kept_at
    from referrals
    where
        not is_self_referral
        and (
            reward_due_date is not null
            or rewarded_at is not null
            or (is_converted and reward_amount > 0)
        )

),

combined as (

    select * from delivery_promises
    union all
    select * from reply_promises
    union all
    select * from refund_promises
    union all
    select * from reward_promises

),

final as (

    select
        promise_id,
        customer_id,
        promise_type,
        source_id,
        order_id,
        subject,
        responsible,
        case
            when kept_at <= due_at or (kept_at is not null and due_at is null) then 'kept'
            when kept_at > due_at or due_at < {{ clock() }} then 'broken'
            else 'open'
        end as status,
        cast(
            case
                when kept_at > due_at then extract(epoch from kept_at - due_at) / 3600
                when kept_at <= due_at then 0
            end as numeric(18, 2)
        ) as n_hours_late,
        promised_at,
        due_at,
        kept_at
    from combined

)

select * from final
