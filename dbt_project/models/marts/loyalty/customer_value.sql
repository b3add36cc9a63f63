with

customer_rfm as (

    select * from {{ ref('int_customer_rfm') }}

),

gaps as (

    select * from {{ ref('int_customer_purchase_gaps') }}

),

costs as (

    select * from {{ ref('int_customer_costs') }}

),

predictions as (

    select * from {{ ref('int_customer_predictions') }}

),

usual_gaps as (

    select
        customer_id,
        percentile_cont(0.5) within group (order by gap_days) as usual_gap_days
    from gaps
    group by customer_id

),

joined as (

    select
        customer_rfm.*,
        costs.acquisition_channel,
        predictions.prediction_reason,
        usual_gaps.usual_gap_days,
        costs.n_orders_without_cost,
        costs.margin_amount,
        costs.margin_rate,
        costs.n_service_contacts,
        costs.cost_to_serve_amount,
        costs.acquisition_cost_amount,
        costs.margin_amount - costs.cost_to_serve_amount as value_so_far_amount,
        predictions.probability_alive,
        predictions.expected_purchases_30_days,
        predictions.expected_purchases_90_days,
        predictions.expected_purchases_365_days,
        predictions.expected_purchase_amount,
        predictions.predicted_revenue_amount,
        predictions.predicted_revenue_amount * costs.margin_rate as predicted_margin_amount,
        predictions.next_order_date
    from customer_rfm
    inner join costs
        on customer_rfm.customer_id = costs.customer_id
    left join usual_gaps
        on customer_rfm.customer_id = usual_gaps.customer_id
    left join predictions
        on customer_rfm.customer_id = predictions.customer_id

),

valued as (

    select
        *,
        value_so_far_amount + predicted_margin_amount as lifetime_value_amount,
        nullif(
            concat_ws(
                '; ',
                case
                    when margin_amount is null
                        then n_orders_without_cost || ' of ' || n_orders || ' orders have goods without a known cost'
                end,
                case when margin_rate is null then 'too few recent orders have known costs for a margin rate' end,
                case when cost_to_serve_amount is null then 'no price for a service contact' end,
                case when predicted_revenue_amount is null then 'no revenue is predicted' end,
                case when acquisition_cost_amount is null then 'no spend is known for the month they were won in' end,
                case when acquisition_cost_amount = 0 then 'winning them cost nothing' end
            ),
            ''
        ) as value_reason
    from joined

),

final as (

    select
        customer_id,
        rfm_segment,
        acquisition_channel,
        '{{ var("reporting_currency") }}' as reporting_currency,
        prediction_reason,
        value_reason,
        recency_score,
        frequency_score,
        monetary_score,
        cast(n_orders as integer) as n_orders,
        cast(net_revenue_amount as numeric(18, 2)) as net_revenue_amount,
        cast(round(net_revenue_amount / n_orders, 2) as numeric(18, 2)) as average_order_amount,
        cast(usual_gap_days as numeric(18, 1)) as usual_gap_days,
        n_orders_without_cost,
        cast(margin_amount as numeric(18, 2)) as margin_amount,
        n_service_contacts,
        cast(cost_to_serve_amount as numeric(18, 2)) as cost_to_serve_amount,
        cast(acquisition_cost_amount as numeric(18, 2)) as acquisition_cost_amount,
        cast(value_so_far_amount as numeric(18, 2)) as value_so_far_amount,
        cast(probability_alive as numeric(6, 4)) as probability_alive,
        cast(expected_purchases_30_days as numeric(12, 4)) as expected_purchases_30_days,
        cast(expected_purchases_90_days as numeric(12, 4)) as expected_purchases_90_days,
        cast(expected_purchases_365_days as numeric(12, 4)) as expected_purchases_365_days,
        cast(expected_purchase_amount as numeric(18, 2)) as expected_purchase_amount,
        cast(predicted_revenue_amount as numeric(18, 2)) as predicted_revenue_amount,
        cast(predicted_margin_amount as numeric(18, 2)) as predicted_margin_amount,
        cast(lifetime_value_amount as numeric(18, 2)) as lifetime_value_amount,
        -- Of the amounts as they stand here, so that whoever divides them gets the same.
        cast(
            round(
                cast(lifetime_value_amount as numeric(18, 2))
                / nullif(cast(acquisition_cost_amount as numeric(18, 2)), 0),
                2
            ) as numeric(18, 2)
        ) as ltv_to_cac_ratio,
        first_order_date,
        last_order_date,
        next_order_date
    from valued

)

select * from final
