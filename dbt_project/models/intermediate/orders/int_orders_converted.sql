with orders as (

    select * from {{ ref('int_orders_unioned') }}

),

records as (

    select * from {{ ref('int_customer_records') }}

),

rates as (

    select * from {{ ref('int_exchange_rates_daily') }}

),

rate_limits as (

    select
        currency,
        min(rate_date) as first_rate_date,
        max(rate_date) as last_rate_date
    from rates
    group by currency

),

dated as (

    select
        orders.*,
        records.customer_id,
        {{ to_business_date('orders.ordered_at') }} as order_date,
        orders.currency = '{{ var("reporting_currency") }}' as is_in_reporting_currency,
        not orders.is_cancelled and not orders.is_test as is_counted
    from orders
    inner join records
        on orders.customer_record_id = records.source_record_id

),

-- A day outside the table of rates takes the nearest known one.
rated as (

    select
        dated.*,
        case when dated.is_in_reporting_currency then 1 else rates.exchange_rate end as exchange_rate,
        not dated.is_in_reporting_currency
        and (coalesce(rates.is_carried_forward, false) or dated.order_date <> rates.rate_date)
            as is_rate_carried_forward
    from dated
    left join rate_limits
        on
            dated.currency = rate_limits.currency
            and not dated.is_in_reporting_currency
    left join rates
        on
            rate_limits.currency = rates.currency
            and rates.rate_date
            = least(greatest(dated.order_date, rate_limits.first_rate_date), rate_limits.last_rate_date)

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
