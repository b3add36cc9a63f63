with attendances as (

    select * from {{ ref('int_event_attendances_unioned') }}

),

records as (

    select * from {{ ref('int_customer_records') }}

),

final as (

    select
        attendances.attendance_id,
        records.customer_id,
        attendances.vendor,
        attendances.event_name,
        attendances.event_type,
        attendances.status,
        attendances.occurred_at <= {{ clock() }} as is_over,
        attendances.status = 'attended' and attendances.occurred_at <= {{ clock() }} as is_attended,
        attendances.occurred_at,
        {{ to_business_date('attendances.occurred_at') }} as occurred_date
    from attendances
    inner join records
        on attendances.customer_record_id = records.source_record_id

)

select * from final
