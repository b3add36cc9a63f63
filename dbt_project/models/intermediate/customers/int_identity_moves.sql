with assignments as (

    select * from {{ ref('stg_identity__assignments') }}

),

moves as (

    select
        source_record_id,
        customer_id,
        lag(customer_id) over (partition by source_record_id order by assigned_on) as previous_customer_id,
        evidence,
        assigned_on
    from assignments

),

-- How many records bear an id from a night on.
gains_and_losses as (

    select
        customer_id,
        assigned_on,
        1 as n_records
    from moves
    where customer_id is not null
    union all
    select
        previous_customer_id as customer_id,
        assigned_on,
        -1 as n_records
    from moves
    where previous_customer_id is not null

),

changes as (

    select
        customer_id,
        assigned_on,
        sum(n_records) as n_records
    from gains_and_losses
    group by customer_id, assigned_on

),

bearers as (

    select
        customer_id,
        assigned_on,
        cast(sum(n_records) over (partition by customer_id order by assigned_on) as integer) as n_records,
        min(assigned_on) over (partition by customer_id) as first_assigned_on
    from changes

),

final as (

    select
        moves.source_record_id,
        moves.customer_id,
        moves.previous_customer_id,
        moves.evidence,
        moves.assigned_on,
        coalesce(gained.first_assigned_on = moves.assigned_on, false) as is_new_customer,
        coalesce(lost.n_records = 0, false) as is_previous_given_up
    from moves
    left join bearers as gained
        on moves.customer_id = gained.customer_id and moves.assigned_on = gained.assigned_on
    left join bearers as lost
        on moves.previous_customer_id = lost.customer_id and moves.assigned_on = lost.assigned_on

)

select * from final
