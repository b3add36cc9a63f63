{{ config(enabled='generic' in var('vendors')) }}

with source as (

    {{ loaded(source('generic', 'returns')) }}

),

keyed as (

    select
        *,
        coalesce(
            {{ blank_to_null('return_id') }},
            concat_ws(':', btrim(order_id), {{ blank_to_null('product_id') }})
        ) as row_key
    from source

),

latest as (

    {{ latest_export('keyed', ['row_key'], one_row=true) }}

),

renamed as (

    select
        'generic' as vendor,
        'generic:returns:' || row_key as source_record_id,
        'generic:' || row_key as return_id,
        'generic:' || btrim(order_id) as order_id,
        'generic:' || {{ blank_to_null('product_id') }} as product_id,
        {{ blank_to_null('reason') }} as reason,
        {{ blank_to_null('comment') }} as comment,
        {{ blank_to_null('status') }} as status,
        coalesce(upper({{ blank_to_null('currency') }}), {{ vendor_currency('generic') }}) as currency,
        {{ to_decimal('quantity', 'numeric(18, 3)') }} as quantity,
        {{ to_decimal('refunded_amount') }} as refunded_amount,
        {{ vendor_instant('requested_at', 'generic') }} as requested_at,
        {{ vendor_instant('received_at', 'generic') }} as received_at,
        {{ vendor_instant('refunded_at', 'generic') }} as refunded_at
    from latest

)

select * from renamed
