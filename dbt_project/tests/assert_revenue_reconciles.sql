-- What the orders came to at the vendors is what the mart shows, currency by currency: none lost, none counted twice.
with concept as (

    select
        currency,
        count(*) as n_orders,
        sum(total_amount) as total_amount
    from {{ ref('int_orders_unioned') }}
    group by currency

),

mart as (

    select
        original_currency as currency,
        count(*) as n_orders,
        sum(original_total_amount) as total_amount
    from {{ ref('orders') }}
    group by original_currency

)

select
    concept.currency as concept_currency,
    mart.currency as mart_currency
from concept
full outer join mart
    on concept.currency = mart.currency
where
    concept.n_orders is distinct from mart.n_orders
    or concept.total_amount is distinct from mart.total_amount
