with spend as (

    select * from {{ ref('acquisition_spend') }}
    where
        business = '{{ var("business") }}'
        and month <= {{ business_date() }}

),

rates as (

    select * from {{ ref('int_exchange_rates_daily') }}

),

-- The money of a month is spent all over it: the rate in the middle stands for it.
rated as (

    select
        cast(date_trunc('month', month) as date) as month,
        channel,
        currency as original_currency,
        amount as original_amount,
        {{ nearest_rate('spend.currency', 'spend.month + 14') }} as exchange_rate
    from spend

),

final as (

    select
        *,
        cast(round(original_amount * exchange_rate, 2) as numeric(18, 2)) as spend_amount
    from rated

)

select * from final
