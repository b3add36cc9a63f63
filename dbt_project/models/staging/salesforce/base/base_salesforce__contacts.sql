{{ config(enabled='salesforce' in var('vendors')) }}

with listed as (

    select
        *,
        true as is_whole
    from {{ ref('base_salesforce__contacts_exported') }}
    union all
    select
        *,
        false as is_whole
    from {{ ref('base_salesforce__contacts_reported') }}

),

-- The newest file that has a contact tells of it; of two of the same day the data export, which knows every field.
ranked as (

    select
        *,
        row_number() over (
            partition by contact_id order by closed_on is null desc, file_date desc, is_whole desc
        ) as currency_rank
    from listed

),

final as (

    select * from ranked
    where currency_rank = 1 and not is_deleted

)

select * from final
