{{ config(enabled='iys' in var('vendors')) }}

with consents as (

    select * from {{ ref('base_iys__consents') }}

),

-- A merchant needs no permission by law until they refuse, so their yes says little, and nothing for the person behind
-- the same number: where that person decided, only that counts.
marked as (

    select
        *,
        bool_or(not is_merchant) over (partition by recipient_key, channel) as has_decided_as_person
    from consents
    where channel is not null

),

final as (

    select
        'iys' as vendor,
        'iys:consents:' || md5(concat_ws('|', recipient_key, is_merchant, channel, decided_at at time zone 'UTC'))
            as source_record_id,
        'iys:recipients:' || recipient_key as customer_record_id,
        case channel when 'email' then 'email' else 'phone' end as contact_type,
        recipient as contact_raw,
        channel,
        'marketing' as purpose,
        status,
        source_name as source,
        decided_at as changed_at
    from marked
    where status = 'refused' or not is_merchant or not has_decided_as_person

)

select * from final
