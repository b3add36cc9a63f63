with customers as (

    select * from {{ ref('int_customers_unioned') }}

),

consents as (

    select * from {{ ref('int_consents_unioned') }}

),

customer_points as (

    select
        points.kind,
        points.raw_value,
        {{ point_country('points.kind', contact_country('customers.country_code')) }} as default_country
    from customers
    cross join lateral (
        values
        ('email', customers.email_raw),
        ('phone', customers.phone_raw),
        ('phone', customers.phone_2_raw),
        ('name', customers.full_name_raw),
        ('name', customers.first_name_raw),
        ('name', customers.last_name_raw),
        ('street', customers.street_address),
        ('city', customers.city),
        ('postal_code', customers.postal_code)
    ) as points (kind, raw_value)

),

-- A permission names its own point, which the person's records need not show any more.
consent_points as (

    select
        consents.contact_type as kind,
        consents.contact_raw as raw_value,
        {{ point_country('consents.contact_type', contact_country('customers.country_code')) }} as default_country
    from consents
    left join customers
        on consents.customer_record_id = customers.source_record_id

),

combined as (

    select * from customer_points
    union
    select * from consent_points

),

final as (

    select * from combined
    where raw_value <> ''

)

select * from final
