{{ config(enabled='klaviyo' in var('vendors')) }}

with profiles as (

    select * from {{ ref('base_klaviyo__profiles') }}

),

stated as (

    select
        'klaviyo' as vendor,
        'klaviyo:profiles:' || profile_id as source_record_id,
        'klaviyo:profiles:' || profile_id as customer_record_id,
        stated_n_orders,
        stated_amount
    from profiles
    where stated_amount is not null

)

select * from stated
