{#- A record's points by the name of their columns here: their kind, and the column that holds them as written. -#}
{%- set points = {
    'email': ('email', 'email_raw'),
    'phone': ('phone', 'phone_raw'),
    'phone_2': ('phone', 'phone_2_raw'),
    'given_name': ('name', 'first_name_raw'),
    'surname': ('name', 'last_name_raw'),
    'full_name': ('name', 'full_name_raw'),
    'street': ('street', 'street_address'),
    'city': ('city', 'city'),
    'postal_code': ('postal_code', 'postal_code')
} -%}
with customers as (

    select
        *,
        {{ contact_country('country_code') }} as contact_country
    from {{ ref('int_customers_unioned') }}

),

normalised as (

    select * from {{ ref('stg_contacts__normalised') }}
    where is_valid and not is_shared

),

final as (

    select
        customers.source_record_id,
        customers.vendor,
        customers.record_type,
        customers.external_id,
        email_points.contact as email,
        email_points.match_key as email_key,
        coalesce(phone_points.contact, phone_2_points.contact) as phone,
        phone_points.match_key as phone_key,
        phone_2_points.match_key as phone_2_key,
        coalesce(
            given_name_points.display_name,
            {{ blank_to_null("regexp_replace(full_name_points.display_name, '\\s+\\S+$', '')") }}
        ) as first_name,
        coalesce(surname_points.display_name, substring(full_name_points.display_name from '\s(\S+)$')) as last_name,
        coalesce(
            given_name_points.match_key, regexp_replace(full_name_points.match_key, '\s+\S+$', '')
        ) as given_name_key,
        coalesce(surname_points.match_key, substring(full_name_points.match_key from '\s(\S+)$')) as surname_key,
        customers.birth_date,
        customers.language,
        street_points.match_key as street_key,
        customers.city,
        city_points.match_key as city_key,
        customers.postal_code,
        postal_code_points.match_key as postal_code_key,
        customers.country_code,
        customers.contact_country,
        customers.created_at,
        customers.updated_at,
        customers.file_date,
        customers.first_file_date,
        customers.closed_on
    from customers
    {%- for name, (kind, column) in points.items() %}
        left join normalised as {{ name }}_points
            on
                customers.{{ column }} = {{ name }}_points.contact_raw
                and {{ name }}_points.contact_type = '{{ kind }}'
                and {{ name }}_points.default_country = {{ point_country("'" ~ kind ~ "'", 'customers.contact_country') }}
    {%- endfor %}

)

select * from final
