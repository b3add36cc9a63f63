{#-
    A view: asked again in the moment of sending, it sees what the live tables say by then
    (rapport.activation.last_look). Default deny: a row is eligible only when every question below found an answer in
    its favour. What a person's points permit was decided in contact_permissions, once for everybody who asks. The
    order of the reasons is that of the seed exclusion_reasons.
-#}
with

segment_members as (
    select * from {{ ref('segment_members') }}
),

customer_standing as (
    select * from {{ ref('customer_standing') }}
),

contact_permissions as (
    select * from {{ live('contact_permissions') }}
),

contact_suppressions as (
    select * from {{ live('contact_suppressions') }}
),

earlier_sends as (
    select * from {{ ref('earlier_sends') }}
),

suppressed_points as (
    select
        contact_type,
        contact,
        channel,
        bool_or(reason = 'complained') as has_complained,
        bool_or(reason = 'bounced') as has_bounced,
        bool_or(reason = 'register') as is_registered
    from contact_suppressions
    where contact is not null
    group by contact_type, contact, channel
),

registered_persons as (
    select distinct
        customer_id,
        channel
    from contact_suppressions
    where customer_id is not null
),

refusals as (
    select distinct
        customer_id,
        channel,
        purpose
    from contact_permissions
    where denial_reason = 'refused'
),

-- What somebody complained of at one point they do not want at another.
complaints as (
    select distinct
        contact_permissions.customer_id,
        contact_permissions.channel
    from contact_permissions
    inner join suppressed_points
        on
            contact_permissions.contact_type = suppressed_points.contact_type
            and contact_permissions.contact = suppressed_points.contact
            and contact_permissions.channel = suppressed_points.channel
    where suppressed_points.has_complained
),

points as (
    select
        contact_permissions.*,
        case
            when not contact_permissions.is_permitted then null
            when suppressed_points.contact is null then 'open'
            when suppressed_points.has_bounced then 'bounced'
            -- Complaints and registers are about being sold to, not about an answer to one's own question.
            when suppressed_points.is_registered or suppressed_points.has_complained
                then case contact_permissions.purpose when 'service' then 'open' else 'register' end
            else 'suppressed'
        end as point_state
    from contact_permissions
    left join suppressed_points
        on
            contact_permissions.contact_type = suppressed_points.contact_type
            and contact_permissions.contact = suppressed_points.contact
            and contact_permissions.channel = suppressed_points.channel
),

permissions as (
    select
        customer_id,
        channel,
        purpose,
        contact_type,
        (array_agg(contact order by changed_at desc, contact asc) filter (where point_state = 'open'))[1]
            as permitted_contact,
        -- By the alphabet: bounced, register, suppressed.
        min(point_state) filter (where point_state <> 'open') as suppression,
        bool_or(denial_reason = 'shared_contact') as has_shared_grant,
        bool_or(denial_reason = 'lapsed') as has_lapsed_grant
    from points
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
        customer_standing.customer_id is not null as is_known,
        coalesce(customer_standing.is_closed, false) as is_closed,
        coalesce(customer_standing.is_minor, false) as is_minor,
        coalesce(customer_standing.has_open_case, false) as has_open_case,
        customer_standing.country_code,
        coalesce(
            case segment_members.contact_type
                when 'email' then customer_standing.email else customer_standing.phone
            end,
            ''
        ) as golden_contact,
        permissions.permitted_contact,
        permissions.suppression,
        known_points.customer_id is not null as has_point_in_permissions,
        refusals.customer_id is not null as has_refusal,
        complaints.customer_id is not null as has_complaint,
        registered_persons.customer_id is not null as is_registered,
        coalesce(permissions.has_shared_grant, false) as has_shared_grant,
        coalesce(permissions.has_lapsed_grant, false) as has_lapsed_grant,
        segment_members.audience = 'customer' and segment_members.consent_purpose = 'marketing' as is_marketing,
        segment_members.audience = 'customer'
        and segment_members.consent_purpose in ('marketing', 'advertising') as is_promotion,
        segment_members.audience = 'customer' and segment_members.consent_purpose <> 'service' as is_asking,
        segment_members.cap_days > 0
        and earlier_sends.last_sent_date is not null
        and earlier_sends.last_sent_date > {{ business_date() }} - segment_members.cap_days as is_capped
    from segment_members
    left join customer_standing
        on segment_members.customer_id = customer_standing.customer_id
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
    left join complaints
        on
            segment_members.customer_id = complaints.customer_id
            and segment_members.channel = complaints.channel
    left join registered_persons
        on
            segment_members.customer_id = registered_persons.customer_id
            and segment_members.channel = registered_persons.channel
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
            when audience not in ('customer', 'service_staff') then 'unknown_audience'
            when valid_until is null or valid_until <= {{ clock() }} then 'expired'
            when is_asking and is_minor then 'minor'
            when golden_contact = '' and (audience = 'service_staff' or not has_point_in_permissions)
                then 'no_contact_point'
            -- Colleagues may look up a customer without the customer's consent, but not against their refusal.
            when has_refusal and permitted_contact is null and suppression is null and not has_shared_grant
                then 'refused'
            when is_closed then 'closed'
            when is_asking and has_complaint then 'complained'
            when audience = 'customer' and permitted_contact is null and suppression = 'bounced' then 'bounced'
            when audience = 'customer' and permitted_contact is null and suppression = 'suppressed' then 'suppressed'
            when is_asking and (is_registered or (permitted_contact is null and suppression = 'register'))
                then 'register'
            when audience = 'customer' and permitted_contact is null and has_shared_grant then 'shared_contact'
            when audience = 'customer' and permitted_contact is null and has_lapsed_grant then 'lapsed_consent'
            when audience = 'customer' and permitted_contact is null then 'no_consent'
            when is_promotion and has_open_case then 'open_case'
            when is_capped then 'capped'
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
        country_code,
        exclusion_reason,
        priority,
        exclusion_reason is null as is_eligible,
        is_marketing,
        is_promotion,
        is_pausing_promotion,
        valid_until
    from decided
)

select * from final
