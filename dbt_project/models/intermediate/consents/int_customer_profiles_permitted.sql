with profiles as (

    select * from {{ ref('int_customer_profiles') }}

),

consents as (

    select * from {{ ref('int_consents_latest') }}

),

points as (

    select
        customer_id,
        'email' as contact_type,
        email as contact
    from profiles
    where email is not null

    union all

    select
        customer_id,
        'phone' as contact_type,
        phone as contact
    from profiles
    where phone is not null

),

-- A refusal on any of the person's points blocks all of them until a later grant.
person_refusals as (

    select
        customer_id,
        channel,
        purpose,
        max(changed_at) as refused_at
    from consents
    where status = 'refused'
    group by customer_id, channel, purpose

),

grants as (

    select
        points.customer_id,
        consents.channel,
        consents.purpose
    from points
    inner join consents
        on
            points.contact_type = consents.contact_type
            and points.contact = consents.contact
            and consents.status = 'granted'
    left join person_refusals
        on
            points.customer_id = person_refusals.customer_id
            and consents.channel = person_refusals.channel
            and consents.purpose = person_refusals.purpose
    where person_refusals.refused_at is null or consents.changed_at > person_refusals.refused_at

),

flags as (

    select
        customer_id,
        bool_or(channel = 'email' and purpose = 'marketing') as is_email_marketing_allowed,
        bool_or(channel = 'sms' and purpose = 'marketing') as is_sms_marketing_allowed,
        bool_or(channel = 'email' and purpose = 'survey') as is_email_survey_allowed
    from grants
    group by customer_id

),

-- Who has no grant has no permission.
final as (

    select
        profiles.*,
        coalesce(flags.is_email_marketing_allowed, false) as is_email_marketing_allowed,
        coalesce(flags.is_sms_marketing_allowed, false) as is_sms_marketing_allowed,
        coalesce(flags.is_email_survey_allowed, false) as is_email_survey_allowed
    from profiles
    left join flags
        on profiles.customer_id = flags.customer_id

)

select * from final
