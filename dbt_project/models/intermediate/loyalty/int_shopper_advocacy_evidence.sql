with totals as (

    select * from {{ ref('int_customer_order_totals') }}

),

reviews as (

    select * from {{ ref('int_reviews_unioned') }}

),

referrals as (

    select * from {{ ref('int_referrals_unioned') }}

),

records as (

    select * from {{ ref('int_customer_records') }}

),

acts as (

    select
        'review_share' as component,
        customer_record_id
    from reviews

    union all

    select
        'referral_share' as component,
        referrer_record_id as customer_record_id
    from referrals

),

counted as (

    select
        records.customer_id,
        acts.component,
        count(*) as n_acts
    from acts
    inner join records
        on acts.customer_record_id = records.source_record_id
    group by records.customer_id, acts.component

),

-- An order is an occasion to review and to recommend.
final as (

    select
        totals.customer_id,
        components.component,
        cast(totals.n_orders as double precision) as n,
        cast(least(coalesce(counted.n_acts, 0), totals.n_orders) as double precision) as k,
        cast(null as double precision) as value
    from totals
    cross join (
        values ('review_share'), ('referral_share')
    ) as components (component)
    left join counted
        on
            totals.customer_id = counted.customer_id
            and components.component = counted.component

)

select * from final
