{{ config(enabled='completejourney' in var('vendors')) }}

with source as (

    {{ loaded(source('completejourney', 'transactions'), newest_only=true) }}

),

renamed as (

    select
        household_id,
        store_id,
        basket_id,
        product_id,
        cast(quantity as numeric(18, 3)) as quantity,
        {{ to_decimal('sales_value') }} as net_amount,
        coalesce({{ to_decimal('retail_disc') }}, 0)
        + coalesce({{ to_decimal('coupon_match_disc') }}, 0) as discount_amount,
        {{ to_timestamp_utc('transaction_timestamp') }} as transacted_at,
        file_date,
        _load_id as load_id,
        _row_number as row_number_in_file
    from source

)

select * from renamed
