{#-
    Default deny: a row is eligible only when every question below found an answer in its favour. What a person's points
    permit was decided in contact_permissions, once for everybody who asks.
-#}
with

segment_members as (
    select * from {{ ref('segment_members') }}
),

customers as (
    select * from {{ live('customers') }}
),

contact_permissions as (
    select * from {{ live('contact_permissions') }}
),

earlier_sends as (
    select * from {{ ref('earlier_sends') }}
),

refusals as (
    select distinct
        customer_id,
        channel,
        purpose
    from contact_permissions
    where denial_reason = 'refused'
),

permissions as (
    select
        customer_id,
        channel,
        purpose,
        contact_type,
        (array_agg(contact order by changed_at desc, contact asc) filter (where is_permitted))[1] as permitted_contact,
        bool_or(denial_reason = 'shared_contact') as has_shared_grant,
        bool_or(denial_reason = 'lapsed') as has_lapsed_grant
    from contact_permissions
    group by customer_id, channel, purpose, contact_type
),

known_points as (
    select distinct
        customer_id,
        contact_type
    from contact_permissions
    where contact <> customer_id
),

assembled as (
    select
        segment_members.*,
        customers.customer_id is not null as is_known,
        customers.closed_on is not null as is_closed,
        coalesce(
            case segment_members.contact_type when 'email' then customers.email else customers.phone end, ''
        ) as golden_contact,
        permissions.permitted_contact,
        known_points.customer_id is not null as has_point_in_permissions,
        refusals.customer_id is not null as has_refusal,
        coalesce(permissions.has_shared_grant, false) as has_shared_grant,
        coalesce(permissions.has_lapsed_grant, false) as has_lapsed_grant,
        segment_members.cap_days > 0
        and earlier_sends.last_sent_date is not null
        and earlier_sends.last_sent_date > {{ business_date() }} - segment_members.cap_days as is_capped,
        {{ stable_fraction("segment_members.segment || ':' || segment_members.customer_id") }}
        < segment_members.holdout_share as is_held_out
    from segment_members
    left join customers
        on segment_members.customer_id = customers.customer_id
    left join permissions
        on
            segment_members.customer_id = permissions.customer_id
            and segment_members.channel = permissions.channel
            and segment_members.consent_purpose = permissions.purpose
            and segment_members.contact_type = permissions.contact_type
    left join refusals
        on
            segment_members.customer_id = refusals.customer_id
            and segment_members.channel = refusals.channel
            and segment_members.consent_purpose = refusals.purpose
    left join known_points
        on
            segment_members.customer_id = known_points.customer_id
            and segment_members.contact_type = known_points.contact_type
    left join earlier_sends
        on
            segment_members.segment = earlier_sends.segment
            and segment_members.customer_id = earlier_sends.customer_id
),

decided as (
    select
        *,
        case
            when not is_known then 'unknown_customer'
            when valid_until is null or valid_until <= {{ clock() }} then 'expired'
            when golden_contact = '' and not has_point_in_permissions then 'no_contact_point'
            -- Colleagues may look up a customer without the customer's consent, but not against their refusal.
            when has_refusal and permitted_contact is null and not has_shared_grant then 'refused'
            when is_closed then 'closed'
            when audience = 'service_staff' and golden_contact = '' then 'no_contact_point'
            when audience = 'customer' and permitted_contact is null and has_shared_grant then 'shared_contact'
            when audience = 'customer' and permitted_contact is null and has_lapsed_grant then 'closed'
            when audience = 'customer' and permitted_contact is null then 'no_consent'
            when audience not in ('customer', 'service_staff') then 'unknown_audience'
            when is_capped then 'capped'
            when is_held_out then 'held_out'
        end as exclusion_reason
    from assembled
),

final as (
    select
        segment,
        customer_id,
        channel,
        contact_type,
        audience,
        consent_purpose,
        case
            when exclusion_reason is not null then null
            when audience = 'service_staff' then golden_contact
            else permitted_contact
        end as contact,
        case
            when exclusion_reason is not null then null
            when audience = 'service_staff' then 'none needed: goes to service staff'
            else 'consent'
        end as permission_basis,
        exclusion_reason,
        priority,
        exclusion_reason is null as is_eligible,
        is_pausing_promotion
    from decided
)

select * from final
