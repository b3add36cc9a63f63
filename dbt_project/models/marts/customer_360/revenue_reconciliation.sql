with stated_totals as (

    select * from {{ ref('int_stated_totals_unioned') }}

),

records as (

    select * from {{ ref('int_customer_records') }}

),

orders as (

    select * from {{ ref('orders') }}
    where is_counted

),

sellers as (

    select distinct vendor from orders

),

stated as (

    select
        stated_totals.vendor,
        records.customer_id,
        cast(count(*) as integer) as n_records,
        cast(sum(stated_totals.stated_n_orders) as integer) as stated_n_orders,
        sum(stated_totals.stated_amount) as stated_amount
    from stated_totals
    inner join records
        on stated_totals.customer_record_id = records.source_record_id
    group by stated_totals.vendor, records.customer_id

),

-- A shop speaks of its own orders, who sells nothing itself of all.
exported as (

    select
        stated.vendor,
        stated.customer_id,
        cast(count(*) as integer) as n_orders,
        count(distinct orders.original_currency) as n_currencies,
        min(orders.original_currency) as original_currency,
        sum(orders.original_total_amount) as revenue_amount,
        sum(orders.original_total_amount - orders.original_refunded_amount) as net_revenue_amount
    from stated
    inner join orders
        on stated.customer_id = orders.customer_id
    left join sellers
        on stated.vendor = sellers.vendor
    where orders.vendor = sellers.vendor or sellers.vendor is null
    group by stated.vendor, stated.customer_id

),

compared as (

    select
        stated.vendor,
        stated.customer_id,
        stated.n_records,
        stated.stated_n_orders,
        stated.stated_amount,
        coalesce(exported.n_orders, 0) as n_orders,
        case when exported.n_currencies = 1 then exported.original_currency end as original_currency,
        case when exported.n_currencies > 1 then null else coalesce(exported.revenue_amount, 0) end as revenue_amount,
        case when exported.n_currencies > 1 then null else coalesce(exported.net_revenue_amount, 0) end
            as net_revenue_amount
    from stated
    left join exported
        on
            stated.vendor = exported.vendor
            and stated.customer_id = exported.customer_id

),

final as (

    select
        vendor,
        customer_id,
        original_currency,
        n_records,
        stated_n_orders,
        n_orders,
        stated_amount,
        cast(revenue_amount as numeric(18, 2)) as revenue_amount,
        cast(net_revenue_amount as numeric(18, 2)) as net_revenue_amount,
        cast(
            case
                when stated_amount between net_revenue_amount and revenue_amount then 0
                when stated_amount > revenue_amount then stated_amount - revenue_amount
                when stated_amount < net_revenue_amount then stated_amount - net_revenue_amount
            end as numeric(18, 2)
        ) as difference_amount,
        stated_amount between net_revenue_amount and revenue_amount as is_reconciled
    from compared

)

select * from final
