-- Earlier nights only: the night being built may be running again after a crash, and must give the same lists.
select
    segment,
    customer_id,
    max(business_date) as last_sent_date
from {{ source('send_ledger', 'delivery_members') }}
where business_date < {{ business_date() }}
group by segment, customer_id
