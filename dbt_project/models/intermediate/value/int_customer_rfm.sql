with totals as (

    select * from {{ ref('int_customer_order_totals') }}

),

rfm_segments as (

    select * from {{ ref('rfm_segments') }}

),

-- The share of buyers that are worse: equal buyers get equal scores, whatever the quintile's border.
ranked as (

    select
        customer_id,
        first_order_date,
        last_order_date,
        n_orders,
        revenue_amount - refunded_amount as net_revenue_amount,
        percent_rank() over (order by last_order_date) as recency_share,
        percent_rank() over (order by n_orders) as frequency_share,
        percent_rank() over (order by revenue_amount - refunded_amount) as monetary_share
    from totals

),

scored as (

    select
        customer_id,
        first_order_date,
        last_order_date,
        n_orders,
        net_revenue_amount,
        cast(least(floor(recency_share * 5) + 1, 5) as integer) as recency_score,
        cast(least(floor(frequency_share * 5) + 1, 5) as integer) as frequency_score,
        cast(least(floor(monetary_share * 5) + 1, 5) as integer) as monetary_score
    from ranked

),

final as (

    select
        scored.*,
        rfm_segments.rfm_segment
    from scored
    left join rfm_segments
        on
            scored.recency_score = rfm_segments.recency_score
            and scored.frequency_score = rfm_segments.frequency_score

)

select * from final
