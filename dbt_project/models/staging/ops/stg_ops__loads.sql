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
    -- Rows that left quarantine came with a file that is there already.
    where business_date <= {{ business_date() }} and replays is null

)

select * from renamed
