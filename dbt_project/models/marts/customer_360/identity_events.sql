with moves as (

    select * from {{ ref('int_identity_moves') }}

),

final as (

    select
        source_record_id || '@' || assigned_on as event_id,
        source_record_id,
        customer_id,
        previous_customer_id,
        case
            when customer_id is null then 'removed'
            when previous_customer_id is null then case when is_new_customer then 'created' else 'joined' end
            when is_previous_given_up then 'merged'
            else 'split'
        end as event_type,
        evidence,
        assigned_on as event_date
    from moves

)

select * from final
