with orders as (

    select * from {{ ref('int_orders_unioned') }}

),

records as (

    select * from {{ ref('int_customer_records') }}

),

rates as (

    select * from {{ ref('int_exchange_rates_daily') }}

),

dated as (

    select
        orders.*,
        records.customer_id,
        {{ to_business_date('orders.ordered_at') }} as order_date,
        not orders.is_cancelled and not orders.is_test as is_counted
    from orders
    inner join records
        on orders.customer_record_id = records.source_record_id

),

rated as (

    {{ with_exchange_rate('dated', 'currency', 'order_date') }}

),

converted as (

    select
        order_id,
        customer_id,
        vendor,
        order_number,
        sales_channel,
        store,
        coupon_code,
        currency as original_currency,
        exchange_rate,
        n_items,
        {%- for amount in ['gross', 'discount', 'shipping', 'tax', 'total', 'refunded'] %}
            cast(round({{ amount }}_amount * exchange_rate, 2) as numeric(18, 2)) as {{ amount }}_amount,
        {%- endfor %}
        total_amount as original_total_amount,
        refunded_amount as original_refunded_amount,
        is_cancelled,
        is_test,
        is_counted,
        is_rate_carried_forward,
        has_quarantined_lines,
        ordered_at,
        order_date,
        -- Only counted orders have a place in the person's sequence.
        case
            when is_counted
                then cast(row_number() over ranked as integer)
        end as order_rank
    from rated
    window ranked as (partition by customer_id, is_counted order by ordered_at, order_id)

)

select * from converted
