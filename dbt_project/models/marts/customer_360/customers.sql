with profiles as (

    select * from {{ ref('int_customer_profiles') }}

),

contact_permissions as (

    select * from {{ ref('contact_permissions') }}
    where is_permitted

),

totals as (

    select * from {{ ref('int_customer_order_totals') }}

),

interactions as (

    select * from {{ ref('int_customer_interactions') }}

),

lifecycle as (

    select * from {{ ref('int_customer_lifecycle') }}

),

rfm as (

    select * from {{ ref('int_customer_rfm') }}

),

purchases as (

    select * from {{ ref('customer_purchases') }}

),

touches as (

    select * from {{ ref('customer_touches') }}

),

promises as (

    select * from {{ ref('promises') }}

),

styles as (

    select * from {{ ref('shopper_style') }}

),

classes as (

    select * from {{ ref('loyalty_class') }}

),

customer_values as (

    select * from {{ ref('customer_value') }}

),

engagement as (

    select * from {{ ref('engagement_index') }}

),

-- Of the latest whole month.
engaged as (

    select
        customer_id,
        engagement_tier
    from (
        select
            customer_id,
            engagement_tier,
            month = max(month) over () as is_latest
        from engagement
    ) as months
    where is_latest

),

broken_promises as (

    select
        customer_id,
        cast(count(*) as integer) as n_broken_promises
    from promises
    where status = 'broken'
    group by customer_id

),

-- Of two channels at the same instant, the first by its name.
touched as (

    select
        customer_id,
        (array_agg(channel order by first_touch_at asc, channel asc))[1] as first_touch_channel,
        (array_agg(channel order by last_touch_at desc, channel asc))[1] as last_touch_channel,
        min(first_touch_at) as first_touch_at,
        max(last_touch_at) as last_touch_at
    from touches
    group by customer_id

),

-- What may be sent to the address and the number shown here; another point's permission is not theirs.
permitted as (

    select
        profiles.customer_id,
        bool_or(contact_permissions.channel = 'email' and contact_permissions.purpose = 'marketing')
            as is_email_marketing_allowed,
        bool_or(contact_permissions.channel = 'sms' and contact_permissions.purpose = 'marketing')
            as is_sms_marketing_allowed,
        bool_or(contact_permissions.channel = 'email' and contact_permissions.purpose = 'survey')
            as is_email_survey_allowed
    from profiles
    inner join contact_permissions
        on
            profiles.customer_id = contact_permissions.customer_id
            and contact_permissions.contact
            = case contact_permissions.contact_type when 'email' then profiles.email else profiles.phone end
    group by profiles.customer_id

),

final as (

    select
        profiles.customer_id,
        profiles.first_name,
        profiles.last_name,
        profiles.email,
        profiles.phone,
        profiles.birth_date,
        profiles.language,
        profiles.city,
        profiles.postal_code,
        profiles.country_code,
        least(
            coalesce({{ to_business_date('profiles.first_seen_at') }}, profiles.first_file_date),
            totals.first_order_date
        ) as customer_since_date,
        touched.first_touch_channel,
        touched.last_touch_channel,
        touched.first_touch_at,
        touched.last_touch_at,
        purchases.favourite_category,
        purchases.favourite_channel,
        purchases.favourite_weekday,
        purchases.favourite_hour,
        totals.first_order_at,
        totals.last_order_at,
        totals.first_order_date,
        totals.last_order_date,
        coalesce(totals.n_orders, 0) as n_orders,
        profiles.n_source_records,
        coalesce(totals.revenue_amount, 0) as revenue_amount,
        coalesce(totals.refunded_amount, 0) as refunded_amount,
        round(totals.revenue_amount / totals.n_orders, 2) as average_order_amount,
        purchases.margin_amount,
        coalesce(purchases.margin_known_rate, 0) as margin_known_rate,
        coalesce(purchases.n_returns, 0) as n_returns,
        coalesce(purchases.returned_amount, 0) as returned_amount,
        '{{ var("reporting_currency") }}' as reporting_currency,
        coalesce(interactions.n_coupon_redemptions, 0) as n_coupon_redemptions,
        coalesce(interactions.n_open_service_contacts, 0) as n_open_service_contacts,
        coalesce(broken_promises.n_broken_promises, 0) as n_broken_promises,
        interactions.last_nps_score,
        interactions.last_csat_score,
        {{ to_business_date('interactions.last_nps_at') }} as last_nps_date,
        {{ to_business_date('interactions.last_csat_at') }} as last_csat_date,
        interactions.last_survey_at,
        coalesce(permitted.is_email_marketing_allowed, false) as is_email_marketing_allowed,
        coalesce(permitted.is_sms_marketing_allowed, false) as is_sms_marketing_allowed,
        coalesce(permitted.is_email_survey_allowed, false) as is_email_survey_allowed,
        lifecycle.lifecycle_stage,
        rfm.rfm_segment,
        styles.shopper_style,
        classes.loyalty_class,
        engaged.engagement_tier,
        customer_values.value_so_far_amount,
        customer_values.lifetime_value_amount,
        cast(round(1 - cast(customer_values.probability_alive as numeric), 3) as numeric(4, 3)) as churn_risk,
        profiles.closed_on
    from profiles
    left join permitted
        on profiles.customer_id = permitted.customer_id
    left join totals
        on profiles.customer_id = totals.customer_id
    left join interactions
        on profiles.customer_id = interactions.customer_id
    left join lifecycle
        on profiles.customer_id = lifecycle.customer_id
    left join rfm
        on profiles.customer_id = rfm.customer_id
    left join purchases
        on profiles.customer_id = purchases.customer_id
    left join broken_promises
        on profiles.customer_id = broken_promises.customer_id
    left join touched
        on profiles.customer_id = touched.customer_id
    left join styles
        on profiles.customer_id = styles.customer_id
    left join classes
        on profiles.customer_id = classes.customer_id
    left join engaged
        on profiles.customer_id = engaged.customer_id
    left join customer_values
        on profiles.customer_id = customer_values.customer_id

)

select * from final
