with buyers as (

    select * from {{ ref('int_customer_order_totals') }}

),

service_contacts as (

    select * from {{ ref('int_service_contacts_timed') }}

),

unit_costs as (

    select * from {{ ref('service_unit_costs') }}
    where business = '{{ var("business") }}'

),

rates as (

    select * from {{ ref('int_exchange_rates_daily') }}

),

-- Each price holds until the next one of its channel; the first also for the time before it.
prices as (

    select
        channel,
        unit_cost * {{ nearest_rate('unit_costs.currency', 'unit_costs.valid_from_date') }} as unit_cost_amount,
        case
            when row_number() over of_channel > 1 then valid_from_date
            else cast('-infinity' as date)
        end as valid_from_date,
        coalesce(lead(valid_from_date) over of_channel, cast('infinity' as date)) as valid_before_date
    from unit_costs
    window of_channel as (partition by channel order by valid_from_date)

),

dated as (

    select
        service_contact_id,
        customer_id,
        channel,
        {{ to_business_date('opened_at') }} as contact_date
    from service_contacts

),

-- A price without a channel is that of all channels without their own.
priced as (

    select distinct on (dated.service_contact_id)
        dated.service_contact_id,
        dated.customer_id,
        prices.unit_cost_amount
    from dated
    left join prices
        on
            (prices.channel is null or dated.channel = prices.channel)
            and dated.contact_date >= prices.valid_from_date
            and dated.contact_date < prices.valid_before_date
    order by dated.service_contact_id asc, prices.channel asc nulls last

),

of_customers as (

    select
        customer_id,
        cast(count(*) as integer) as n_service_contacts,
        -- Of all their contacts or of none.
        case when count(*) = count(unit_cost_amount) then sum(unit_cost_amount) end as cost_to_serve_amount
    from priced
    group by customer_id

),

-- Nothing is known of a business without prices; with them, who never made contact cost nothing.
idle as (

    select case when count(*) > 0 then 0 end as cost_to_serve_amount
    from prices

),

final as (

    select
        buyers.customer_id,
        coalesce(of_customers.n_service_contacts, 0) as n_service_contacts,
        cast(
            case
                when of_customers.customer_id is null then idle.cost_to_serve_amount
                else of_customers.cost_to_serve_amount
            end as numeric(18, 2)
        ) as cost_to_serve_amount
    from buyers
    cross join idle
    left join of_customers
        on buyers.customer_id = of_customers.customer_id

)

select * from final
