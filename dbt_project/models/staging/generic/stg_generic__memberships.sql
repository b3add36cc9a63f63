{{ config(enabled='generic' in var('vendors')) }}

with memberships as (

    select * from {{ ref('base_generic__memberships') }}

),

renamed as (

    select
        'generic' as vendor,
        'generic:memberships:' || row_key as source_record_id,
        'generic:' || row_key as membership_id,
        customer_record_id,
        group_name,
        group_type,
        joined_at,
        left_at
    from memberships

)

select * from renamed
