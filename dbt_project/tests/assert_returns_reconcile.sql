-- What was paid back for goods sent back is what the mart shows, by currency and business date, of all returns whose
-- order is known (those whose is not: assert_facts_name_orders_that_are_known).
with concept as (

    select
        currency,
        {{ to_business_date('coalesce(requested_at, received_at, refunded_at)') }} as return_date,
        count(*) as n_returns,
        sum(refunded_amount) as refunded_amount
    from {{ ref('int_returns_unioned') }}
    where
        order_id in (select names.named_as from {{ ref('int_order_names') }} as names)
        or {{ bare_name('order_id') }} in (select names.named_as from {{ ref('int_order_names') }} as names)
    group by currency, {{ to_business_date('coalesce(requested_at, received_at, refunded_at)') }}

),

mart as (

    select
        original_currency as currency,
        return_date,
        count(*) as n_returns,
        sum(original_refunded_amount) as refunded_amount
    from {{ ref('returns') }}
    group by original_currency, return_date

)

{{ differences('return_date', ['n_returns', 'refunded_amount']) }}
