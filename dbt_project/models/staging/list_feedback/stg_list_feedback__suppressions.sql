{{ config(enabled='list_feedback' in var('vendors')) }}

with source as (

    {{ loaded(source('list_feedback', 'bounces')) }}

),

-- A soft bounce may arrive the next time; a point that is full for weeks is told as hard by whoever sends.
closing as (

    select
        lower(btrim(contact)) as contact,
        lower(btrim(channel)) as channel,
        case lower(btrim(type)) when 'hard' then 'bounced' when 'complaint' then 'complained' end as reason,
        {{ vendor_instant('bounced_at', 'list_feedback') }} as bounced_at
    from source
    where lower(btrim(type)) in ('hard', 'complaint')

),

-- A receiver may tell the same more than once.
first_told as (

    select
        contact,
        channel,
        reason,
        min(bounced_at) as suppressed_at
    from closing
    group by contact, channel, reason

),

final as (

    select
        'list_feedback' as vendor,
        'list_feedback:bounces:' || md5(concat_ws('|', contact, channel, reason)) as source_record_id,
        case channel when 'email' then 'email' else 'phone' end as contact_type,
        contact as contact_raw,
        cast(null as text) as first_name_raw,
        cast(null as text) as last_name_raw,
        cast(null as text) as street_address,
        cast(null as text) as postal_code,
        cast(null as text) as country_code,
        channel,
        reason,
        suppressed_at
    from first_told

)

select * from final
