with calibration as (

    select * from {{ ref('stg_value__calibration') }}

),

final as (

    select
        repeat_purchases,
        nullif(concat_ws('; ', purchases_reason, nullif(amounts_reason, purchases_reason)), '') as prediction_reason,
        model_version,
        n_customers,
        predicted_purchases,
        actual_purchases,
        predicted_amount,
        actual_amount,
        calibration_end_date,
        holdout_end_date
    from calibration

)

select * from final
