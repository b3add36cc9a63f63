{%- set points = customer_points() -%}
with customers as (

    select * from {{ ref('int_customers_unioned') }}

),

-- Each is read by itself: Postgres would write down in full what several joins read.
{%- for name, (kind, _) in points.items() %}
    {{ name }}_points as (

        select * from {{ ref('stg_contacts__normalised') }}
        where contact_type = '{{ kind }}' and is_valid and not is_shared

    ),
{%- endfor %}

final as (

    select
        customers.source_record_id,
        customers.vendor,
        customers.record_type,
        customers.external_id,
        email_points.contact as email,
        email_points.match_key as email_key,
        phone_points.contact as phone,
        phone_points.match_key as phone_key,
        phone_2_points.contact as phone_2,
        phone_2_points.match_key as phone_2_key,
        coalesce(given_name_points.display_name, {{ given_names('full_name_points.display_name') }}) as first_name,
        coalesce(surname_points.display_name, {{ surname('full_name_points.display_name') }}) as last_name,
        coalesce(given_name_points.match_key, {{ given_names('full_name_points.match_key') }}) as given_name_key,
        coalesce(surname_points.match_key, {{ surname('full_name_points.match_key') }}) as surname_key,
        case
            when coalesce(given_name_points.match_key, surname_points.match_key) is not null then 1
            else full_name_points.confidence
        end as name_confidence,
        customers.birth_date,
        customers.language,
        street_points.match_key as street_key,
        customers.city,
        city_points.match_key as city_key,
        customers.postal_code,
        postal_code_points.match_key as postal_code_key,
        customers.country_code,
        customers.created_at,
        customers.updated_at,
        customers.file_date,
        customers.first_file_date,
        customers.closed_on
    from customers
    {%- for name, (kind, column) in points.items() %}
    left join {{ name }}_points
        on
            customers.{{ column }} = {{ name }}_points.contact_raw
            and {{ name }}_points.default_country
            = {{ point_country("'" ~ kind ~ "'", 'customers.vendor', 'customers.country_code') }}
    {%- endfor %}

)

select * from final
