{#-
    Where each person stood, from when on. On every day, the first rule that fits:
      prospect     no counted order
      lapsed       the wait exceeds lapsed_gap_factor usual gaps (at least lapsed_min_days), or lapsed_max_days
      at_risk      the wait exceeds at_risk_gap_factor usual gaps (at least at_risk_min_days)
      won_back     came back within won_back_days, after a wait that had made them lapsed
      first_order  one order, no older than first_order_days
      onboarding   one order, no older than onboarding_days; or two, the first no older than that
      loyal        loyal_min_orders or more
      active       everybody else
-#}
with profiles as (

    select * from {{ ref('int_customer_profiles') }}

),

purchase_days as (

    select * from {{ ref('int_customer_purchase_days') }}

),

-- The days between two purchases on which a stage may begin.
moments as (

    select
        purchase_days.*,
        starts.start_date
    from purchase_days
    cross join
        lateral (
            values
            (purchase_days.purchase_date),
            (purchase_days.last_return_date + {{ var('won_back_days') }} + 1),
            (
                case
                    when purchase_days.n_orders = 1 then purchase_days.purchase_date + {{ var('first_order_days') }} + 1
                end
            ),
            (
                case
                    when purchase_days.n_orders <= 2
                        then purchase_days.first_purchase_date + {{ var('onboarding_days') }} + 1
                end
            ),
            (purchase_days.at_risk_from_date),
            (purchase_days.lapsed_from_date)
        ) as starts (start_date)
    where
        starts.start_date
        between purchase_days.purchase_date
        and coalesce(purchase_days.next_purchase_date - 1, {{ business_date() }})

),

of_buyers as (

    select
        customer_id,
        start_date,
        case
            when start_date >= lapsed_from_date then 'lapsed'
            when start_date >= at_risk_from_date then 'at_risk'
            when start_date <= last_return_date + {{ var('won_back_days') }} then 'won_back'
            when n_orders = 1 and start_date <= purchase_date + {{ var('first_order_days') }} then 'first_order'
            when n_orders <= 2 and start_date <= first_purchase_date + {{ var('onboarding_days') }} then 'onboarding'
            when n_orders >= {{ var('loyal_min_orders') }} then 'loyal'
            else 'active'
        end as lifecycle_stage
    from moments

),

first_purchases as (

    select
        customer_id,
        first_purchase_date
    from purchase_days
    where purchase_date = first_purchase_date

),

known as (

    select
        profiles.customer_id,
        first_purchases.first_purchase_date,
        coalesce({{ to_business_date('profiles.first_seen_at') }}, profiles.first_file_date) as known_date
    from profiles
    left join first_purchases
        on profiles.customer_id = first_purchases.customer_id

),

stages as (

    select * from of_buyers

    union all

    select
        customer_id,
        known_date as start_date,
        'prospect' as lifecycle_stage
    from known
    where first_purchase_date is null or known_date < first_purchase_date

),

compared as (

    select
        *,
        lag(lifecycle_stage) over (partition by customer_id order by start_date) as stage_before
    from stages

),

changes as (

    select * from compared
    where lifecycle_stage is distinct from stage_before

),

final as (

    select
        customer_id,
        start_date as stage_since_date,
        lifecycle_stage,
        stage_before as previous_stage,
        lead(start_date) over (partition by customer_id order by start_date) - 1 as stage_until_date
    from changes

)

select * from final
