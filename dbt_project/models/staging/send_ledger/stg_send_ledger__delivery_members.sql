with source as (

    select * from {{ source('send_ledger', 'delivery_members') }}

),

-- Earlier nights only: the night being built may be running again after a crash, and must give the same lists.
renamed as (

    select
        business_date,
        segment,
        destination,
        customer_id,
        channel
    from source
    where business_date < {{ business_date() }}

)

select * from renamed
