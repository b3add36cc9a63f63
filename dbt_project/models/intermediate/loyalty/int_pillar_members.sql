with memberships as (

    select
        *,
        {{ to_business_date('joined_at') }} as joined_date,
        {{ to_business_date('left_at') }} as left_date
    from {{ ref('int_memberships_unioned') }}

),

records as (

    select * from {{ ref('int_customer_records') }}

),

profiles as (

    select
        customer_id,
        coalesce({{ to_business_date('first_seen_at') }}, first_file_date) as known_since
    from {{ ref('int_customer_profiles') }}

),

months as (

    select
        cast(spans.month as date) as month,
        least(cast(spans.month + interval '1 month - 1 day' as date), {{ business_date() }}) as last_day
    from generate_series(
            (
                select date_trunc('month', cast(min(joined_date) as timestamp without time zone))
                from memberships
            ),
            {{ business_date() }},
            interval '1 month'
        ) as spans (month)

),

members as (

    select
        months.month,
        count(distinct records.customer_id) as n_members
    from months
    inner join memberships
        on
            months.last_day >= memberships.joined_date
            and (memberships.left_date is null or memberships.left_date > months.last_day)
    inner join records
        on memberships.customer_record_id = records.source_record_id
    group by months.month

),

known as (

    select
        months.month,
        count(*) as n_known
    from months
    inner join profiles
        on months.last_day >= profiles.known_since
    group by months.month

),

final as (

    select
        known.month,
        cast(coalesce(members.n_members, 0) as numeric) as part,
        cast(known.n_known as numeric) as whole
    from known
    left join members
        on known.month = members.month

)

select * from final
