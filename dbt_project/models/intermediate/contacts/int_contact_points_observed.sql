{%- set columns = {} -%}
{%- for kind, column in customer_points().values() -%}
    {%- do columns.setdefault(kind, []).append(column) -%}
{%- endfor -%}

-- Kind by kind, each by itself: towns are few, and need not be sorted among the addresses.
with consents as (

    -- A permission names its own point, which the person's records need not show any more.
    select
        consents.contact_type,
        consents.contact_raw,
        {{ point_country('consents.contact_type', 'consents.vendor', 'customers.country_code') }} as default_country
    from {{ ref('int_consents_unioned') }} as consents
    left join {{ ref('int_customers_unioned') }} as customers
        on consents.customer_record_id = customers.source_record_id
    where consents.contact_raw <> ''

),

-- So does a list of closed points, and one of persons who are to be left alone.
suppressions as (

    {%- for kind, column in [
        ('email', 'contact_raw'), ('phone', 'contact_raw'), ('name', 'first_name_raw'), ('name', 'last_name_raw'),
        ('street', 'street_address'), ('postal_code', 'postal_code')
    ] %}
        select
            '{{ kind }}' as contact_type,
            {{ column }} as contact_raw,
            {{ point_country("'" ~ kind ~ "'", 'vendor', 'country_code') }} as default_country
        from {{ ref('int_suppressions_unioned') }}
        where {{ column }} <> '' {{ "and contact_type = '" ~ kind ~ "'" if column == 'contact_raw' }}
        {{ "union all" if not loop.last }}
    {%- endfor %}

),

{% for kind, columns_of_kind in columns.items() -%}
    {{ kind }}_points as (

        {%- for column in columns_of_kind %}
            select
                {{ column }} as raw_value,
                {{ point_country("'" ~ kind ~ "'", 'vendor', 'country_code') }} as default_country
            from {{ ref('int_customers_unioned') }}
            where {{ column }} <> ''
            union all
        {%- endfor %}
        select
            contact_raw as raw_value,
            default_country
        from consents
        where contact_type = '{{ kind }}'
        union all
        select
            contact_raw as raw_value,
            default_country
        from suppressions
        where contact_type = '{{ kind }}'

    ),

{% endfor -%}
final as (

    {%- for kind in columns %}
        select distinct
            '{{ kind }}' as kind,
            raw_value,
            default_country
        from {{ kind }}_points
        {{ "union all" if not loop.last }}
    {%- endfor %}

)

select * from final
