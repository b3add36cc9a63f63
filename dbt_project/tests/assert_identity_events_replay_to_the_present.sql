-- Whoever replays the events ends with the persons there are: of each record the latest event tells its person, or
-- that it is gone.
with replayed as (

    select distinct on (source_record_id)
        source_record_id,
        customer_id
    from {{ ref('identity_events') }}
    order by source_record_id asc, event_date desc

),

present as (

    select
        source_record_id,
        customer_id
    from {{ ref('customer_identities') }}

)

select
    coalesce(present.source_record_id, replayed.source_record_id) as source_record_id,
    present.customer_id,
    replayed.customer_id as replayed_customer_id
from present
full join replayed
    on present.source_record_id = replayed.source_record_id
where replayed.customer_id is distinct from present.customer_id
