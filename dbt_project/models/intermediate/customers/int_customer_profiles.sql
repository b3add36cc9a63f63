{{ config(materialized='by_key') }}

with records as (

    select * from {{ of_changed(ref('int_customer_records')) }}

),

fields as (

    select * from {{ of_changed(ref('int_customer_fields')) }}

),

golden as (

    select
        customer_id,
        max(value) filter (where field = 'first_name') as first_name,
        max(value) filter (where field = 'last_name') as last_name,
        max(value) filter (where field = 'email') as email,
        max(value) filter (where field = 'phone') as phone,
        max(value) filter (where field = 'birth_date') as birth_date,
        max(value) filter (where field = 'language') as language,
        max(value) filter (where field = 'city') as city,
        max(value) filter (where field = 'postal_code') as postal_code,
        max(value) filter (where field = 'country_code') as country_code
    from fields
    group by customer_id

),

summed as (

    select
        customer_id,
        min(created_at) as first_seen_at,
        min(first_file_date) as first_file_date,
        cast(count(*) as integer) as n_source_records,
        -- Orders and answers of people without an account are no list that somebody could disappear from.
        case
            when bool_and(closed_on is not null) filter (where record_type not in ('guest', 'respondent'))
                then max(closed_on)
        end as closed_on
    from records
    group by customer_id

),

final as (

    select
        summed.customer_id,
        golden.first_name,
        golden.last_name,
        golden.email,
        golden.phone,
        cast(golden.birth_date as date) as birth_date,
        golden.language,
        golden.city,
        golden.postal_code,
        golden.country_code,
        summed.first_seen_at,
        summed.first_file_date,
        summed.n_source_records,
        summed.closed_on
    from summed
    left join golden
        on summed.customer_id = golden.customer_id

)

select * from final
