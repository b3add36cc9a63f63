with arrivals as (

    select * from {{ ref('int_source_arrivals') }}

),

final as (

    select
        kind,
        vendor,
        n_files_tonight,
        is_stale,
        freshness_status,
        stalest_table,
        stalest_file_date,
        last_arrived_date,
        last_file_date,
        {{ business_date() }} as business_date
    from arrivals

)

select * from final
