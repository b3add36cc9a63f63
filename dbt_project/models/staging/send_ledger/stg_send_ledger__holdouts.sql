with source as (

    select * from {{ source('send_ledger', 'holdouts') }}

),

-- The night's own draws count when it runs again; those of later nights do not when it is replayed.
renamed as (

    select
        scope,
        customer_id,
        share,
        is_held_out,
        assigned_on
    from source
    where assigned_on <= {{ business_date() }}

)

select * from renamed
