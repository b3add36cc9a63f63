with source as (

    select * from {{ source('send_ledger', 'deliveries') }}

),

-- Earlier nights only, as of the members of their lists. A list that was sent in full and as changes was one list.
renamed as (

    select
        business_date,
        segment,
        destination,
        bool_or(is_marketing) as is_marketing
    from source
    where business_date < {{ business_date() }}
    group by business_date, segment, destination

)

select * from renamed
