{#-
    Each step on the nights after its day; a night that failed is made up for by the next. Steps that passed before the window
    are past, so years of history loaded at once teach nobody late.
-#}
with

orders as (
    select * from {{ live('orders') }}
),

first_orders as (
    select
        customer_id,
        {{ to_business_date('ordered_at') }} as first_order_date
    from orders
    where is_first_order and is_counted
),

steps as (
    select
        first_orders.customer_id,
        first_orders.first_order_date,
        steps.step_number,
        first_orders.first_order_date + steps.step_day as step_date
    from first_orders
    cross join
        unnest(array{{ var("onboarding_step_days", [7, 21, 45]) }}) with ordinality as steps (step_day, step_number)
),

final as (
    select
        customer_id,
        'Onboarding step ' || cast(step_number as text) || ': first order on '
        || to_char(first_order_date, 'YYYY-MM-DD') as reason,
        'step ' || cast(step_number as text) as offer,
        {{ end_of_day('step_date + ' ~ var("onboarding_valid_days", 5)) }} as valid_until
    from steps
    where step_date <= {{ business_date() }}
        and step_date > {{ business_date() }} - {{ var("onboarding_window_days", 3) }}
)

select * from final
