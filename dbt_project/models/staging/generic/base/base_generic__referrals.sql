{{ config(enabled='generic' in var('vendors')) }}

with source as (

    {{ loaded(source('generic', 'referrals')) }}

),

keyed as (

    select
        *,
        coalesce(
            {{ blank_to_null('referral_id') }},
            concat_ws(
                ':',
                coalesce({{ blank_to_null('referrer_customer_id') }}, md5(lower(referrer_email))),
                coalesce({{ blank_to_null('referred_customer_id') }}, md5(lower(referred_email))),
                referred_at
            )
        ) as row_key
    from source

),

latest as (

    {{ latest_export('keyed', ['row_key'], one_row=true) }}

),

referrals as (

    select
        row_key,
        {{ blank_to_null('referrer_customer_id') }} as referrer_customer_id,
        {{ blank_to_null('referrer_email') }} as referrer_email,
        {{ blank_to_null('referred_customer_id') }} as referred_customer_id,
        {{ blank_to_null('referred_email') }} as referred_email,
        {{ blank_to_null('referral_code') }} as referral_code,
        {{ blank_to_null('order_id') }} as order_number,
        {{ blank_to_null('status') }} as status,
        {{ to_decimal('reward_amount') }} as reward_amount,
        coalesce(upper({{ blank_to_null('currency') }}), {{ vendor_currency('generic') }}) as reward_currency,
        {{ vendor_instant('referred_at', 'generic') }} as referred_at,
        cast(left(btrim(reward_due_date), 10) as date) as reward_due_date,
        {{ vendor_instant('rewarded_at', 'generic') }} as rewarded_at,
        file_date,
        first_file_date
    from latest

),

final as (

    select
        *,
        {{ generic_customer_record_id('referrer_customer_id', 'referrer_email', "'referrals:' || row_key") }}
            as referrer_record_id,
        case
            when coalesce(referred_customer_id, referred_email) is not null
                then {{ generic_customer_record_id('referred_customer_id', 'referred_email', 'null') }}
        end as referred_record_id
    from referrals

)

select * from final
