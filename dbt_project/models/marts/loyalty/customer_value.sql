with

customer_rfm as (

    select * from {{ ref('int_customer_rfm') }}

),

final as (

    select
        customer_id,
        rfm_segment,
        '{{ var("reporting_currency") }}' as reporting_currency,
        recency_score,
        frequency_score,
        monetary_score,
        cast(n_orders as integer) as n_orders,
        cast(net_revenue_amount as numeric(18, 2)) as net_revenue_amount,
        cast(round(net_revenue_amount / n_orders, 2) as numeric(18, 2)) as average_order_amount,
        last_order_date
    from customer_rfm

)

select * from final
