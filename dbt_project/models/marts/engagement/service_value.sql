{#-
    People with a contact that was closed in a month beside people without any in it or in the service_value_days after it, alike
    in how often they had bought, how long ago, and whether they bought in that month (subclassification, Cochran 1968, Biometrics 24, 295-313): each class's
    difference counts as much as it has people with a contact. Classes without people to compare with are left out.
-#}
{%- set z = var('interval_z') -%}
with service_contacts as (

    select * from {{ ref('service_contacts') }}
    where customer_id is not null

),

order_margins as (

    select * from {{ ref('int_order_margins') }}

),

months as (

    select
        cast(grid.month as date) as month,
        cast(grid.month + interval '1 month' as date) as after_date,
        cast(grid.month + interval '1 month' as date) + {{ var('service_value_days') }} as until_date
    from generate_series(
            date_trunc('month', cast({{ business_date() }} as timestamp without time zone))
            - interval '{{ var("service_value_months") }} months',
            date_trunc('month', cast({{ business_date() }} as timestamp without time zone)),
            interval '1 month'
        ) as grid (month)
    where cast(grid.month + interval '1 month' as date) + {{ var('service_value_days') }} <= {{ business_date() }} + 1

),

-- Who had bought before the month: without a history there is nobody to be alike.
buyers as (

    select
        months.month,
        order_margins.customer_id,
        least(count(*) filter (where order_margins.order_date < months.month), 4) as n_orders_class,
        (months.month - max(order_margins.order_date) filter (where order_margins.order_date < months.month)) / 60
            as recency_class,
        count(*) filter (
            where order_margins.order_date >= months.month and order_margins.order_date < months.after_date
        ) > 0 as has_bought_in_month,
        coalesce(sum(order_margins.net_amount) filter (where order_margins.order_date >= months.after_date), 0)
            as revenue,
        count(*) filter (where order_margins.order_date >= months.after_date) > 0 as is_back
    from months
    inner join order_margins
        on months.until_date > order_margins.order_date
    group by months.month, order_margins.customer_id
    having count(*) filter (where order_margins.order_date < months.month) > 0

),

contacted as (

    select
        months.month,
        service_contacts.customer_id,
        bool_or(
            {{ to_business_date('service_contacts.closed_at') }} >= months.month
            and {{ to_business_date('service_contacts.closed_at') }} < months.after_date
        ) as is_resolved
    from months
    inner join service_contacts
        on
            months.until_date > service_contacts.opened_date
            and (
                service_contacts.closed_at is null
                or {{ to_business_date('service_contacts.closed_at') }} >= months.month
            )
    group by months.month, service_contacts.customer_id

),

compared_people as (

    select
        buyers.month,
        buyers.n_orders_class,
        least(buyers.recency_class, 6) as recency_class,
        buyers.has_bought_in_month,
        contacted.customer_id is not null as has_contact,
        measures.measure,
        measures.value
    from buyers
    left join contacted
        on
            buyers.month = contacted.month
            and buyers.customer_id = contacted.customer_id
    cross join
        lateral (
            values
            ('revenue', buyers.revenue),
            ('retention', case when buyers.is_back then 1 else 0 end)
        ) as measures (measure, value)
    where contacted.customer_id is null or contacted.is_resolved

),

classes as (

    select
        measure,
        month,
        n_orders_class,
        recency_class,
        has_bought_in_month,
        count(*) filter (where has_contact) as n_with,
        count(*) filter (where not has_contact) as n_without,
        avg(value) filter (where has_contact) as mean_with,
        avg(value) filter (where not has_contact) as mean_without,
        coalesce(var_samp(value) filter (where has_contact), 0) as variance_with,
        coalesce(var_samp(value) filter (where not has_contact), 0) as variance_without
    from compared_people
    group by measure, month, n_orders_class, recency_class, has_bought_in_month

),

weighed as (

    select
        measure,
        sum(n_with) as n_contacts,
        sum(n_without) as n_compared,
        sum(n_with * mean_with) / sum(n_with) as value_with_contact,
        sum(n_with * mean_without) / sum(n_with) as value_without_contact,
        sqrt(sum(
            power(cast(n_with as numeric), 2) * (variance_with / n_with + variance_without / n_without)
        )) / sum(n_with) as standard_error
    from classes
    where n_with > 0 and n_without > 0
    group by measure

),

final as (

    select
        measure,
        case when measure = 'revenue' then '{{ var("reporting_currency") }}' end as reporting_currency,
        cast(n_contacts as integer) as n_customers_with_contact,
        cast(n_compared as integer) as n_customers_without,
        cast(round(value_with_contact, 4) as numeric(18, 4)) as value_with_contact,
        cast(round(value_without_contact, 4) as numeric(18, 4)) as value_without_contact,
        cast(round(value_with_contact - value_without_contact, 4) as numeric(18, 4)) as difference,
        cast(round(value_with_contact - value_without_contact - {{ z }} * standard_error, 4) as numeric(18, 4))
            as difference_low,
        cast(round(value_with_contact - value_without_contact + {{ z }} * standard_error, 4) as numeric(18, 4))
            as difference_high,
        n_contacts < {{ var('min_customers_for_a_share') }} as is_too_thin
    from weighed

)

select * from final
