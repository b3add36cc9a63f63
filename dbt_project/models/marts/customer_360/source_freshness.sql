select
    cast(null as text) as kind,
    cast(null as text) as vendor,
    cast(null as integer) as n_files_tonight,
    cast(null as boolean) as is_stale,
    cast(null as date) as last_arrived_date,
    cast(null as date) as last_file_date,
    cast(null as date) as business_date
where false
