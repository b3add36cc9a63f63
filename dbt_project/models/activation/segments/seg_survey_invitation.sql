with

customers as (
    select * from {{ live('customers') }}
),

final as (
    select
        customer_id,
        'Last order on ' || to_char(last_order_date, 'YYYY-MM-DD') || ', ' || coalesce(
            'last answer on ' || to_char({{ to_business_date('last_survey_at') }}, 'YYYY-MM-DD'), 'never answered'
        ) as reason,
        cast(null as text) as offer,
        {{ valid_for_days(var("survey_invitation_valid_days", 7)) }} as valid_until
    from customers
    where
        last_order_date <= {{ business_date() }} - {{ var("survey_after_days", 7) }}
        and last_order_date > {{ business_date() }} - {{ var("survey_until_days", 30) }}
        and (
            last_survey_at is null
            or {{ to_business_date('last_survey_at') }} <= {{ business_date() }} - {{ var("survey_pause_days", 90) }}
        )
)

select * from final
