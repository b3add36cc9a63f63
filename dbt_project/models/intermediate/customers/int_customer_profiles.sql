with records as (

    select * from {{ ref('int_customer_records') }}

),

-- Field by field, the most recently updated record that has one wins; records that do not say when they were updated
-- come after those that do, and records that their source no longer lists come last.
profiles as (

    select
        customer_id,
        {%- for column in [
            'first_name', 'last_name', 'email', 'phone', 'birth_date', 'language', 'city', 'postal_code', 'country_code'
        ] %}
            (
                array_agg(
                    {{ column }} order by
                        closed_on is null desc, updated_at desc nulls last, file_date desc, source_record_id asc
                )
                filter (where {{ column }} is not null)
            )[1] as {{ column }},
        {%- endfor %}
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

)

select * from profiles
