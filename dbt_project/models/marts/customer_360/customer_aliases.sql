with moves as (

    select * from {{ ref('int_identity_moves') }}

),

borne as (

    select distinct on (source_record_id)
        source_record_id,
        customer_id
    from moves
    order by source_record_id asc, assigned_on desc

),

-- A record that is gone bears no id.
present as (

    select *
    from borne
    where customer_id is not null

),

-- An id may have been given back and given up again: the last time counts.
given_up as (

    select
        source_record_id,
        previous_customer_id as alias_id,
        assigned_on
    from moves
    where
        is_previous_given_up
        and previous_customer_id not in (select present.customer_id from present)

),

-- Where its records went in different directions, it stands for whoever has most of them.
successors as (

    select
        given_up.alias_id,
        present.customer_id,
        max(given_up.assigned_on) as merged_date,
        row_number() over (
            partition by given_up.alias_id
            order by max(given_up.assigned_on) desc, count(*) desc, present.customer_id asc
        ) as nth_successor
    from given_up
    inner join present
        on given_up.source_record_id = present.source_record_id
    group by given_up.alias_id, present.customer_id

),

final as (

    select
        alias_id,
        customer_id,
        merged_date
    from successors
    where nth_successor = 1

)

select * from final
