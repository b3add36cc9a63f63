with scores as (

    select * from {{ ref('stg_value__scores') }}

),

final as (

    select
        customer_id,
        -- Refused purchases refuse the amounts as well, in the same words.
        nullif(concat_ws('; ', purchases_reason, nullif(amounts_reason, purchases_reason)), '') as prediction_reason,
        model_version,
        probability_alive,
        expected_purchases_30_days,
        expected_purchases_90_days,
        expected_purchases_365_days,
        expected_purchase_amount,
        round(expected_purchases_365_days * expected_purchase_amount, 2) as predicted_revenue_amount,
        next_order_date
    from scores

)

select * from final
