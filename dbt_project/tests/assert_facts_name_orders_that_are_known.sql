-- Warns: a delivery or return of an order that no shop exports, or whose number two shops bear, is nobody's: left out.
{{ config(severity='warn') }}

with named as (

    select
        'deliveries' as fact,
        delivery_id as fact_id
    from {{ ref('int_deliveries_unioned') }}

    union all

    select
        'returns' as fact,
        return_id as fact_id
    from {{ ref('int_returns_unioned') }}

),

known as (

    select
        'deliveries' as fact,
        delivery_id as fact_id
    from {{ ref('deliveries') }}

    union all

    select
        'returns' as fact,
        return_id as fact_id
    from {{ ref('returns') }}

)

select
    named.fact,
    named.fact_id
from named
left join known
    on
        named.fact = known.fact
        and named.fact_id = known.fact_id
where known.fact_id is null
