with source as (

    select * from {{ source('headlines', 'customer_headlines') }}

),

-- Tonight's own row is there only when the night is built again: it must not make a difference.
renamed as (

    select
        customer_id,
        shopper_style,
        loyalty_class,
        since_date
    from source
    where since_date < {{ business_date() }}

)

select * from renamed
