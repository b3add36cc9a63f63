with referrals as (

    select
        *,
        {{ to_business_date('referred_at') }} as referred_date
    from {{ ref('int_referrals_unioned') }}

),

records as (

    select * from {{ ref('int_customer_records') }}

),

order_names as (

    select * from {{ ref('int_order_names') }}

),

orders as (

    select * from {{ ref('int_orders_converted') }}

),

rates as (

    select * from {{ ref('int_exchange_rates_daily') }}

),

rated as (

    {{ with_exchange_rate('referrals', 'reward_currency', 'referred_date') }}

),

with_orders as (

    {{ with_found('rated', 'order_id', 'order_names', 'found_order_id') }}

),

-- Whom the program does not know yet, the order they came with does.
with_persons as (

    select
        with_orders.*,
        referrers.customer_id as referrer_customer_id,
        coalesce(referred.customer_id, orders.customer_id) as referred_customer_id
    from with_orders
    inner join records as referrers
        on with_orders.referrer_record_id = referrers.source_record_id
    left join records as referred
        on with_orders.referred_record_id = referred.source_record_id
    left join orders
        on with_orders.found_order_id = orders.order_id

),

purchases as (

    select
        with_persons.referral_id,
        min(orders.ordered_at) filter (where orders.ordered_at >= with_persons.referred_at) as converted_at,
        bool_or(orders.ordered_at < with_persons.referred_at) as is_existing_customer
    from with_persons
    inner join orders
        on with_persons.referred_customer_id = orders.customer_id
    where
        orders.is_counted
        and with_persons.referred_customer_id <> with_persons.referrer_customer_id
    group by with_persons.referral_id

),

final as (

    select
        with_persons.referral_id,
        with_persons.referrer_customer_id,
        with_persons.referred_customer_id,
        with_persons.found_order_id as order_id,
        with_persons.status,
        '{{ var("reporting_currency") }}' as reporting_currency,
        with_persons.reward_currency as original_currency,
        cast(round(with_persons.reward_amount * with_persons.exchange_rate, 2) as numeric(18, 2)) as reward_amount,
        with_persons.reward_amount as original_reward_amount,
        coalesce(with_persons.referred_customer_id = with_persons.referrer_customer_id, false) as is_self_referral,
        coalesce(purchases.is_existing_customer, false) as is_existing_customer,
        purchases.converted_at is not null as is_converted,
        with_persons.referred_at,
        purchases.converted_at,
        {{ as_of_night('with_persons.rewarded_at') }} as rewarded_at,
        with_persons.referred_date,
        with_persons.reward_due_date
    from with_persons
    left join purchases
        on with_persons.referral_id = purchases.referral_id

)

select * from final
