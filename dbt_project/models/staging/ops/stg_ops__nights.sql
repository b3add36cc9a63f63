with source as (

    select * from {{ source('ops', 'nights') }}

),

-- No night after this one: a replay must come out as the night did.
renamed as (

    select
        business_date,
        is_dry_run
    from source
    where business_date <= {{ business_date() }}

)

select * from renamed
