{{ config(enabled='generic' in var('vendors')) }}

with referrals as (

    select * from {{ ref('base_generic__referrals') }}

),

renamed as (

    select
        'generic' as vendor,
        'generic:referrals:' || row_key as source_record_id,
        'generic:' || row_key as referral_id,
        referrer_record_id,
        referred_record_id,
        'generic:' || order_number as order_id,
        referral_code,
        status,
        reward_currency,
        reward_amount,
        referred_at,
        reward_due_date,
        rewarded_at
    from referrals

)

select * from renamed
