with redemptions as (

    select * from {{ ref('int_coupon_redemptions_dated') }}

),

service_contacts as (

    select * from {{ ref('int_service_contacts_timed') }}

),

responses as (

    select * from {{ ref('int_survey_responses_scored') }}

),

coupons as (

    select
        customer_id,
        cast(count(*) as integer) as n_coupon_redemptions
    from redemptions
    group by customer_id

),

open_cases as (

    select
        customer_id,
        cast(count(*) as integer) as n_open_service_contacts
    from service_contacts
    where is_open
    group by customer_id

),

opinions as (

    select
        customer_id,
        (array_agg(nps_score order by answered_at desc) filter (where nps_score is not null))[1] as last_nps_score,
        (array_agg(csat_score order by answered_at desc) filter (where csat_score is not null))[1] as last_csat_score,
        max(answered_at) filter (where nps_score is not null) as last_nps_at,
        max(answered_at) filter (where csat_score is not null) as last_csat_at,
        max(answered_at) as last_survey_at
    from responses
    group by customer_id

),

final as (

    select
        coalesce(coupons.customer_id, open_cases.customer_id, opinions.customer_id) as customer_id,
        coalesce(coupons.n_coupon_redemptions, 0) as n_coupon_redemptions,
        coalesce(open_cases.n_open_service_contacts, 0) as n_open_service_contacts,
        opinions.last_nps_score,
        opinions.last_csat_score,
        opinions.last_nps_at,
        opinions.last_csat_at,
        opinions.last_survey_at
    from coupons
    full outer join open_cases
        on coupons.customer_id = open_cases.customer_id
    full outer join opinions
        on coalesce(coupons.customer_id, open_cases.customer_id) = opinions.customer_id

)

select * from final
