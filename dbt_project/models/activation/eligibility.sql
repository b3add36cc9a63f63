{#-
    Default deny: a row is eligible only when every question below found an answer in its favour. Permission belongs to
    (contact point, channel, purpose) and never moves between points. A refusal belongs to the person: it blocks all
    their points for that channel and purpose, until a point is granted again after it.
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

shared_contacts as (
    select * from {{ ref('shared_contacts') }}
),

earlier_sends as (
    select * from {{ ref('earlier_sends') }}
),

refusals as (
    select
        customer_id,
        channel,
        purpose,
        max(changed_at) as refused_at
    from contact_permissions
    where status = 'refused'
    group by customer_id, channel, purpose
),

grants as (
    select
        contact_permissions.customer_id,
        contact_permissions.channel,
        contact_permissions.purpose,
        contact_permissions.contact_type,
        contact_permissions.contact,
        contact_permissions.changed_at,
        shared_contacts.contact is not null as is_shared,
        -- At the same instant the refusal counts.
        coalesce(contact_permissions.changed_at <= refusals.refused_at, false) as is_refused_since
    from contact_permissions
    left join refusals
        on
            contact_permissions.customer_id = refusals.customer_id
            and contact_permissions.channel = refusals.channel
            and contact_permissions.purpose = refusals.purpose
    left join shared_contacts
        on
            contact_permissions.contact_type = shared_contacts.contact_type
            and contact_permissions.contact = shared_contacts.contact
    where contact_permissions.status = 'granted'
),

-- Nobody knows why a record was taken off its list, so what was granted on it counts no longer.
lapsed_grants as (
    select distinct
        customer_id,
        channel,
        purpose,
        contact_type
    from contact_permissions
    where status = 'lapsed'
),

usable_grants as (
    select
        *,
        row_number() over (
            partition by customer_id, channel, purpose, contact_type order by changed_at desc, contact asc
        ) as recency_rank
    from grants
    where not is_shared and not is_refused_since
),

grant_summary as (
    select
        customer_id,
        channel,
        purpose,
        contact_type,
        bool_or(is_shared and not is_refused_since) as has_shared_grant,
        bool_or(not is_refused_since) as has_grant_in_force
    from grants
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
        usable_grants.contact as permitted_contact,
        known_points.customer_id is not null as has_point_in_permissions,
        refusals.refused_at is not null as has_refusal,
        lapsed_grants.customer_id is not null as has_lapsed_grant,
        coalesce(grant_summary.has_grant_in_force, false) as has_grant_in_force,
        coalesce(grant_summary.has_shared_grant, false) as has_shared_grant,
        segment_members.cap_days > 0
        and earlier_sends.last_sent_date is not null
        and earlier_sends.last_sent_date > {{ business_date() }} - segment_members.cap_days as is_capped,
        {{ stable_fraction("segment_members.segment || ':' || segment_members.customer_id") }}
        < segment_members.holdout_share as is_held_out
    from segment_members
    left join customers
        on segment_members.customer_id = customers.customer_id
    left join usable_grants
        on
            segment_members.customer_id = usable_grants.customer_id
            and segment_members.channel = usable_grants.channel
            and segment_members.consent_purpose = usable_grants.purpose
            and segment_members.contact_type = usable_grants.contact_type
            and usable_grants.recency_rank = 1
    left join grant_summary
        on
            segment_members.customer_id = grant_summary.customer_id
            and segment_members.channel = grant_summary.channel
            and segment_members.consent_purpose = grant_summary.purpose
            and segment_members.contact_type = grant_summary.contact_type
    left join refusals
        on
            segment_members.customer_id = refusals.customer_id
            and segment_members.channel = refusals.channel
            and segment_members.consent_purpose = refusals.purpose
    left join lapsed_grants
        on
            segment_members.customer_id = lapsed_grants.customer_id
            and segment_members.channel = lapsed_grants.channel
            and segment_members.consent_purpose = lapsed_grants.purpose
            and segment_members.contact_type = lapsed_grants.contact_type
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
            when has_refusal and not has_grant_in_force then 'refused'
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
