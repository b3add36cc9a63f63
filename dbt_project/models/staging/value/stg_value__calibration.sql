with source as (

    select * from {{ source('value', 'calibration') }}

),

renamed as (

    select
        repeat_purchases,
        purchases_reason,
        amounts_reason,
        model_version,
        n_customers,
        predicted_purchases,
        actual_purchases,
        predicted_amount,
        actual_amount,
        calibration_end_date,
        holdout_end_date
    from source

)

select * from renamed
