-- A currency that the seed exchange_rates lacks would leave orders without amounts: add its column there.
select distinct original_currency
from {{ ref('int_orders_converted') }}
where exchange_rate is null
