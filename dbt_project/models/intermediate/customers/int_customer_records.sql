with customers as (

    select * from {{ ref('int_customers_normalised') }}

),

identities as (

    select * from {{ ref('stg_identity__customer_records') }}

),

final as (

    select
        identities.customer_id,
        identities.evidence,
        customers.*
    from customers
    inner join identities
        on customers.source_record_id = identities.source_record_id

)

select * from final
