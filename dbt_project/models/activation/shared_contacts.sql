with

normalised as (
    select * from {{ ref('stg_contacts__normalised') }}
),

-- Mailboxes and numbers of several people, or of a function (info@, a switchboard): not a person's own.
final as (
    select distinct
        contact_type,
        contact
    from normalised
    where
        is_shared
        and is_valid
        and contact_type in ('email', 'phone')
)

select * from final
