with source as (

    select * from {{ source('send_ledger', 'trials') }}

),

-- What came of tonight's lists nobody knows yet.
renamed as (

    select
        scope,
        customer_id,
        share,
        is_held_out,
        entered_on
    from source
    where entered_on < {{ business_date() }}

)

select * from renamed
