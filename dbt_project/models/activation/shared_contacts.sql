-- Mailboxes and numbers of several people, or of a function (info@, a switchboard): not a person's own.
select distinct
    contact_type,
    contact
from {{ ref('stg_contacts__normalised') }}
where
    is_shared
    and is_valid
    and contact_type in ('email', 'phone')
