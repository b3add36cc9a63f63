{#-
    Who is held out tonight, of everything marketing sends (scope global) and of a segment's list (segment:<name>). A
    draw is made when somebody first stands on a list, kept by rapport.activation (activation.holdouts), and never
    made again: another share or salt changes nobody who was drawn. A person is held out if any part of them was;
    parted again, each part has its own draw. A share of 0 ends a holdout.
-#}
with

segment_members as (
    select * from {{ ref('segment_members') }}
    where audience = 'customer'
),

stored as (
    select * from {{ ref('stg_send_ledger__holdouts') }}
),

holdout_salt as (
    select * from {{ ref('stg_send_ledger__holdout_salt') }}
),

customer_aliases as (
    select * from {{ live('customer_aliases') }}
),

met as (
    select
        'segment:' || segment as scope,
        customer_id,
        holdout_share as share
    from segment_members
    where holdout_share > 0
    union all
    select distinct
        'global' as scope,
        customer_id,
        cast({{ var('global_holdout_share') }} as numeric(6, 5)) as share
    from segment_members
    where consent_purpose in ('marketing', 'advertising') and {{ var('global_holdout_share') }} > 0
),

held_out_parts as (
    select distinct
        stored.scope,
        coalesce(customer_aliases.customer_id, stored.customer_id) as customer_id
    from stored
    left join customer_aliases
        on stored.customer_id = customer_aliases.alias_id
    where stored.is_held_out
),

drawn as (
    select
        met.scope,
        met.customer_id,
        met.share,
        coalesce(
            stored.is_held_out,
            {{ stable_fraction("holdout_salt.salt || ':' || met.scope || ':' || met.customer_id") }} < met.share
        ) as is_drawn
    from met
    cross join holdout_salt
    left join stored
        on
            met.scope = stored.scope
            and met.customer_id = stored.customer_id
),

final as (
    select
        drawn.scope,
        drawn.customer_id,
        drawn.share,
        drawn.is_drawn,
        drawn.is_drawn or held_out_parts.customer_id is not null as is_held_out
    from drawn
    left join held_out_parts
        on
            drawn.scope = held_out_parts.scope
            and drawn.customer_id = held_out_parts.customer_id
)

select * from final
