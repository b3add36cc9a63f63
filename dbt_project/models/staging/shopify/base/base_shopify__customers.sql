{{ config(enabled='shopify' in var('vendors')) }}

with source as (

    {{ loaded(source('shopify', 'customers')) }}

),

-- The oldest generation of the export has no id, so there the address has to do; a hash keeps it out of the id.
keyed as (

    select
        *,
        coalesce({{ without_apostrophe('customer_id') }}, md5(lower(btrim(email)))) as shop_customer_key
    from source
    where coalesce({{ without_apostrophe('customer_id') }}, email) is not null

),

latest as (

    {{ latest_export('keyed', ['shop_customer_key'], one_row=true) }}

),

-- An account that was exported without an id once, and with one since, is that one account.
accounts as (

    select *
    from (
        select
            *,
            bool_or(customer_id is not null) over (partition by lower(btrim(email))) as has_id_elsewhere
        from latest
    ) as marked
    where customer_id is not null or email is null or not has_id_elsewhere

),

renamed as (

    select
        shop_customer_key,
        {{ without_apostrophe('customer_id') }} as customer_id,
        {{ blank_to_null('first_name') }} as first_name,
        {{ blank_to_null('last_name') }} as last_name,
        {{ blank_to_null('email') }} as email,
        {{ without_apostrophe('phone') }} as phone,
        {{ without_apostrophe('default_address_phone') }} as address_phone,
        {{ blank_to_null('default_address_address1') }} as street_address,
        {{ blank_to_null('default_address_city') }} as city,
        {{ without_apostrophe('default_address_zip') }} as postal_code,
        upper({{ blank_to_null('default_address_country_code') }}) as country_code,
        {{ to_decimal('total_spent') }} as stated_amount,
        cast(total_orders as integer) as stated_n_orders,
        file_date,
        first_file_date,
        closed_on
    from accounts

)

select * from renamed
