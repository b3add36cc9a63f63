with margins as (

    select * from {{ ref('int_customer_margins') }}

),

service_costs as (

    select * from {{ ref('int_service_costs') }}

),

unit_costs as (

    select * from {{ ref('service_unit_costs') }}
    where business = '{{ var("business") }}'

),

acquisition as (

    select * from {{ ref('int_customer_acquisition') }}

),

prices as (

    select count(*) as n_prices
    from unit_costs

),

final as (

    select
        margins.customer_id,
        acquisition.acquisition_channel,
        margins.n_orders_without_cost,
        margins.margin_amount,
        margins.margin_rate,
        coalesce(service_costs.n_service_contacts, 0) as n_service_contacts,
        -- Nothing is known of a business without prices; with them, who never made contact cost nothing.
        case
            when prices.n_prices > 0 and coalesce(service_costs.n_unpriced_contacts, 0) = 0
                then cast(coalesce(service_costs.priced_amount, 0) as numeric(18, 2))
        end as cost_to_serve_amount,
        acquisition.acquisition_cost_amount
    from margins
    cross join prices
    left join service_costs
        on margins.customer_id = service_costs.customer_id
    left join acquisition
        on margins.customer_id = acquisition.customer_id

)

select * from final
