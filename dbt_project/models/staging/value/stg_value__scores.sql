with source as (

    select * from {{ source('value', 'scores') }}

),

renamed as (

    select
        customer_id,
        purchases_reason,
        amounts_reason,
        model_version,
        n_repeat_purchases,
        probability_alive,
        expected_purchases_30_days,
        expected_purchases_90_days,
        expected_purchases_365_days,
        expected_purchase_amount,
        next_order_date
    from source

)

select * from renamed
