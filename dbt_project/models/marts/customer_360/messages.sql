with messages as (

    select * from {{ ref('int_messages_unioned') }}

),

records as (

    select * from {{ ref('int_customer_records') }}

),

final as (

    select
        messages.message_id,
        records.customer_id,
        messages.campaign_id,
        messages.campaign_name,
        messages.channel,
        messages.event_type,
        messages.occurred_at,
        {{ to_business_date('messages.occurred_at') }} as occurred_date
    from messages
    inner join records
        on messages.customer_record_id = records.source_record_id

)

select * from final
