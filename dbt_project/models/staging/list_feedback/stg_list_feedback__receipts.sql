{{ config(enabled='list_feedback' in var('vendors')) }}

with source as (

    {{ loaded(source('list_feedback', 'receipts')) }}

),

latest as (

    {{ latest_export('source', ['destination', 'file'], one_row=true) }}

),

final as (

    select
        'list_feedback' as vendor,
        'list_feedback:receipts:' || md5(concat_ws('|', lower(btrim(destination)), btrim(file))) as source_record_id,
        lower(btrim(destination)) as destination,
        btrim(file) as file_name,
        lower(btrim(status)) as status,
        cast(cast({{ blank_to_null('rows_accepted') }} as numeric) as bigint) as n_accepted,
        cast(cast({{ blank_to_null('rows_rejected') }} as numeric) as bigint) as n_rejected,
        {{ vendor_instant('received_at', 'list_feedback') }} as received_at
    from latest

)

select * from final
