{{ config(enabled='shopify' in var('vendors')) }}

with source as (

    {{ loaded(source('shopify', 'checkouts')) }}

),

latest as (

    {{ latest_export('source', ['id']) }}

),

-- As with orders, totals and names stand on a checkout's first row and line items below it.
checkouts as (

    select
        {{ without_apostrophe('id') }} as checkout_id,
        {{ without_apostrophe('id') }} as order_name,
        {{ blank_to_null('max(email)') }} as email,
        {{ without_apostrophe('max(phone)') }} as phone,
        {{ blank_to_null('max(billing_name)') }} as billing_name,
        upper({{ blank_to_null('max(billing_country)') }}) as billing_country,
        {{ blank_to_null('max(currency)') }} as currency,
        {{ blank_to_null('max(discount_code)') }} as discount_code,
        string_agg({{ blank_to_null('lineitem_name') }}, ', ' order by _row_number) as items_text,
        {{ to_decimal('max(total)') }} as total,
        sum(cast(lineitem_quantity as numeric(18, 3))) as n_items,
        min(cast(created_at as timestamp with time zone)) as created_at,
        max(cast(completed_at as timestamp with time zone)) as completed_at,
        max(file_date) as file_date
    from latest
    group by id

)

select * from checkouts
