{#- What receivers told of our lists until tonight; sending keeps it beside the send ledger. -#}
with unioned as (
    {{ union_concept('receipts') }}
)

select * from unioned
