with

calibration as (

    select * from {{ ref('int_value_calibration') }}

),

final as (

    select
        repeat_purchases,
        '{{ var("reporting_currency") }}' as reporting_currency,
        prediction_reason,
        model_version,
        n_customers,
        cast(predicted_purchases as numeric(18, 2)) as predicted_purchases,
        actual_purchases,
        cast(round(predicted_purchases / nullif(n_customers, 0), 4) as numeric(18, 4))
            as predicted_purchases_per_customer,
        cast(round(cast(actual_purchases as numeric) / nullif(n_customers, 0), 4) as numeric(18, 4))
            as actual_purchases_per_customer,
        cast(round(predicted_purchases / nullif(actual_purchases, 0) - 1, 4) as numeric(18, 4))
            as purchases_error_rate,
        cast(predicted_amount as numeric(18, 2)) as predicted_amount,
        cast(actual_amount as numeric(18, 2)) as actual_amount,
        cast(round(predicted_amount / nullif(actual_amount, 0) - 1, 4) as numeric(18, 4)) as amount_error_rate,
        n_customers < {{ var('least_customers_shown') }} as is_too_thin,
        calibration_end_date,
        holdout_end_date
    from calibration

)

select * from final
