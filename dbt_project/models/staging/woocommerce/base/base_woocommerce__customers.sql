{{ config(enabled='woocommerce' in var('vendors')) }}

with source as (

    {{ loaded(source('woocommerce', 'customers')) }}

),

keyed as (

    select
        *,
        coalesce({{ blank_to_null('email') }}, {{ blank_to_null('username') }}, {{ blank_to_null('name') }}) as known_by
    from source

),

latest as (

    {{ latest_export('keyed', ['lower(known_by)'], one_row=true) }}

),

countries as (

    select * from {{ ref('country_names') }}

),

renamed as (

    select
        {{ woocommerce_customer_record_id('latest.known_by') }} as customer_record_id,
        {{ blank_to_null('latest.email') }} as email,
        {{ blank_to_null('latest.name') }} as full_name,
        lower(btrim(latest.name)) as name_key,
        {{ blank_to_null('latest.billing_phone') }} as phone,
        {{ blank_to_null('latest.city') }} as city,
        {{ blank_to_null('latest.postal_code') }} as postal_code,
        coalesce(
            countries.country_code,
            case when length(btrim(latest.country)) = 2 then upper(btrim(latest.country)) end
        ) as country_code,
        {{ to_decimal('latest.total_spend') }} as stated_amount,
        cast(latest.orders as integer) as stated_n_orders,
        {{ vendor_instant('latest.sign_up', 'woocommerce') }} as signed_up_at,
        {{ vendor_instant('latest.last_active', 'woocommerce') }} as last_active_at,
        latest.file_date,
        latest.first_file_date,
        latest.closed_on
    from latest
    left join countries
        on {{ country_key('latest.country') }} = countries.country_name
    where latest.known_by is not null

)

select * from renamed
