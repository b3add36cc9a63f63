-- Identity gave each record of tonight's exports to a person; without one its orders would vanish.
select customers.source_record_id
from {{ ref('int_customers_unioned') }} as customers
left join {{ ref('int_customer_records') }} as records
    on customers.source_record_id = records.source_record_id
where records.source_record_id is null
