{{ config(enabled='generic' in var('vendors')) }}

with source as (

    {{ loaded(source('generic', 'memberships')) }}

),

keyed as (

    select
        *,
        coalesce(
            {{ blank_to_null('membership_id') }},
            concat_ws(':', coalesce({{ blank_to_null('customer_id') }}, md5(lower(email))), group_name, joined_at)
        ) as row_key
    from source

),

latest as (

    {{ latest_export('keyed', ['row_key'], one_row=true) }}

),

memberships as (

    select
        row_key,
        {{ blank_to_null('customer_id') }} as customer_id,
        {{ blank_to_null('email') }} as email,
        {{ blank_to_null('group_name') }} as group_name,
        coalesce(lower({{ blank_to_null('group_type') }}), 'community') as group_type,
        {{ vendor_instant('joined_at', 'generic') }} as joined_at,
        {{ vendor_instant('left_at', 'generic') }} as left_at,
        file_date,
        first_file_date
    from latest

),

final as (

    select
        *,
        {{ generic_customer_record_id('customer_id', 'email', "'memberships:' || row_key") }} as customer_record_id
    from memberships

)

select * from final
