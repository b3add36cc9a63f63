{#-
    A person's worst broken promise is told: the oldest that is open, else the one that was latest.
-#}
with

promises as (
    select * from {{ live('promises') }}
),

broken as (
    select distinct on (customer_id)
        customer_id,
        promise_type,
        due_at,
        kept_at
    from promises
    where
        status = 'broken'
        and customer_id is not null
        and due_at <= {{ clock() }}
        and {{ to_business_date('due_at') }} > {{ business_date() }} - {{ var("recovery_window_days", 7) }}
    order by customer_id asc, kept_at is not null asc, due_at asc, promise_id asc
),

final as (
    select
        customer_id,
        'Promised ' || promise_type || ' for ' || to_char({{ to_business_date('due_at') }}, 'YYYY-MM-DD')
        || case when kept_at is null then ', not kept yet' else ', kept too late' end as reason,
        cast(null as text) as offer,
        {{ valid_for_days(var("recovery_valid_days", 3)) }} as valid_until
    from broken
)

select * from final
