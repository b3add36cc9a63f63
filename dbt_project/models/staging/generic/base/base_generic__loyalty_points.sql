{{ config(enabled='generic' in var('vendors')) }}

with source as (

    {{ loaded(source('generic', 'loyalty_points')) }}

),

cleaned as (

    select
        *,
        {{ blank_to_null('entry_id') }} as written_entry_id,
        {{ blank_to_null('customer_id') }} as shop_customer_id,
        {{ blank_to_null('email') }} as customer_email
    from source

),

-- An entry without an id is told by whose it is, when, and how many.
keyed as (

    select
        *,
        coalesce(
            written_entry_id,
            concat_ws(':', coalesce(shop_customer_id, md5(lower(customer_email))), occurred_at, points)
        ) as entry_key
    from cleaned

),

latest as (

    {{ latest_export('keyed', ['entry_key']) }}

),

-- An id names one entry, the last in the file; without ids, rows that are alike are as many entries.
counted as (

    select
        *,
        row_number() over (partition by entry_key order by _row_number asc) as repetition,
        row_number() over (partition by entry_key order by _row_number desc) = 1 as is_last
    from latest

),

entries as (

    select
        coalesce(written_entry_id, entry_key || ':' || repetition) as row_key,
        shop_customer_id as customer_id,
        customer_email as email,
        {{ blank_to_null('order_id') }} as order_number,
        {{ blank_to_null('reason') }} as reason,
        {{ to_decimal('points') }} as points,
        coalesce(
            lower({{ blank_to_null('event_type') }}),
            case when {{ to_decimal('points') }} < 0 then 'redeemed' else 'earned' end
        ) as event_type,
        {{ vendor_instant('occurred_at', 'generic') }} as occurred_at,
        cast(left(btrim(expiry_date), 10) as date) as expiry_date,
        file_date,
        first_file_date
    from counted
    where written_entry_id is null or is_last

),

final as (

    select
        *,
        {{ generic_customer_record_id('customer_id', 'email', "'loyalty_points:' || row_key") }} as customer_record_id
    from entries

)

select * from final
