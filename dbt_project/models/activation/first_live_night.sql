-- A business without a night in earnest yet (only rehearsals, or none recorded) starts with this one.
select coalesce(min(business_date), {{ business_date() }}) as first_live_date
from {{ source('night_ledger', 'nights') }}
where
    not is_dry_run
    and business_date <= {{ business_date() }}
