with service_contacts as (

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
        round(unit_cost * {{ nearest_rate('unit_costs.currency', 'unit_costs.valid_from_date') }}, 4) as unit_cost_amount,
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

final as (

    select
        customer_id,
        cast(count(*) as integer) as n_service_contacts,
        cast(count(*) filter (where unit_cost_amount is null) as integer) as n_unpriced_contacts,
        cast(sum(unit_cost_amount) as numeric(18, 4)) as priced_amount
    from priced
    group by customer_id

)

select * from final
