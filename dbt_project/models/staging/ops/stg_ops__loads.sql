with source as (

    select * from {{ source('ops', 'loads') }}

),

-- Only what the night may know: a replay must not see files that came later.
renamed as (

    select
        load_id,
        kind,
        vendor,
        table_name,
        status,
        business_date,
        coalesce(file_date, business_date) as file_date
    from source
    where business_date <= {{ business_date() }}

)

select * from renamed
