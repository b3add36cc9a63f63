{{ config(enabled='generic' in var('vendors')) }}

with source as (

    {{ loaded(source('generic', 'reviews')) }}

),

keyed as (

    select
        *,
        coalesce(
            {{ blank_to_null('review_id') }},
            concat_ws(':', coalesce({{ blank_to_null('customer_id') }}, md5(lower(email))), product_id, reviewed_at)
        ) as row_key
    from source

),

latest as (

    {{ latest_export('keyed', ['row_key'], one_row=true) }}

),

reviews as (

    select
        row_key,
        {{ blank_to_null('customer_id') }} as customer_id,
        {{ blank_to_null('email') }} as email,
        {{ blank_to_null('product_id') }} as product_id,
        {{ blank_to_null('order_id') }} as order_number,
        {{ blank_to_null('title') }} as title,
        {{ blank_to_null('review_text') }} as review_text,
        {{ blank_to_null('status') }} as status,
        {{ to_decimal('rating') }} as rating,
        coalesce({{ to_decimal('rating_max') }}, 5) as rating_max,
        cast(btrim(is_verified) as boolean) as is_verified,
        {{ vendor_instant('reviewed_at', 'generic') }} as reviewed_at,
        {{ vendor_instant('replied_at', 'generic') }} as replied_at,
        file_date,
        first_file_date
    from latest

),

final as (

    select
        *,
        {{ generic_customer_record_id('customer_id', 'email', "'reviews:' || row_key") }} as customer_record_id
    from reviews

)

select * from final
