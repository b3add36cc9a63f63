with memberships as (

    select
        *,
        {{ as_of_night('left_at') }} as left_by_now_at
    from {{ ref('int_memberships_unioned') }}

),

records as (

    select * from {{ ref('int_customer_records') }}

),

final as (

    select
        memberships.membership_id,
        records.customer_id,
        memberships.vendor,
        memberships.group_name,
        memberships.group_type,
        memberships.joined_at <= {{ clock() }} and memberships.left_by_now_at is null as is_member,
        memberships.joined_at,
        memberships.left_by_now_at as left_at,
        {{ to_business_date('memberships.joined_at') }} as joined_date
    from memberships
    inner join records
        on memberships.customer_record_id = records.source_record_id

)

select * from final
