{{ config(enabled='generic' in var('vendors')) }}

with source as (

    {{ loaded(source('generic', 'deliveries')) }}

),

keyed as (

    select
        *,
        coalesce({{ blank_to_null('delivery_id') }}, btrim(order_id)) as row_key
    from source

),

latest as (

    {{ latest_export('keyed', ['row_key'], one_row=true) }}

),

renamed as (

    select
        'generic' as vendor,
        'generic:deliveries:' || row_key as source_record_id,
        'generic:' || row_key as delivery_id,
        'generic:' || btrim(order_id) as order_id,
        {{ blank_to_null('delivery_method') }} as delivery_method,
        {{ blank_to_null('carrier') }} as carrier,
        {{ blank_to_null('status') }} as status,
        cast(left(btrim(promised_date), 10) as date) as promised_date,
        {{ vendor_instant('shipped_at', 'generic') }} as shipped_at,
        {{ vendor_instant('delivered_at', 'generic') }} as delivered_at
    from latest

)

select * from renamed
