with margins as (

    select * from {{ ref('int_customer_margins') }}

),

service_costs as (

    select * from {{ ref('int_service_costs') }}

),

acquisition as (

    select * from {{ ref('int_customer_acquisition') }}

),

final as (

    select
        margins.customer_id,
        acquisition.acquisition_channel,
        margins.n_orders_without_cost,
        margins.margin_amount,
        margins.margin_rate,
        service_costs.n_service_contacts,
        service_costs.cost_to_serve_amount,
        acquisition.acquisition_cost_amount
    from margins
    inner join service_costs
        on margins.customer_id = service_costs.customer_id
    inner join acquisition
        on margins.customer_id = acquisition.customer_id

)

select * from final
