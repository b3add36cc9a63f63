{{ config(materialized='by_key') }}

with order_lines as (

    select * from {{ of_changed(ref('order_lines')) }}
    where is_counted

),

orders as (

    select * from {{ of_changed(ref('int_orders_converted')) }}
    where is_counted

),

incentives as (

    select * from {{ of_changed(ref('int_order_incentives')) }}

),

loyalty_points as (

    select * from {{ of_changed(ref('loyalty_points')) }}

),

messages as (

    select * from {{ of_changed(ref('messages')) }}

),

contact_permissions as (

    select * from {{ of_changed(ref('contact_permissions')) }}

),

shop as (

    select * from {{ ref('int_shop_perks') }}

),

redeemed as (

    select distinct
        customer_id,
        order_id
    from loyalty_points
    where event_type = 'redeemed' and order_id is not null

),

-- An occasion is an order or a line of one, a message that reached them, or a permission they decided on.
occasions as (

    select
        customer_id,
        'category' as preference_kind,
        product_category as preference,
        'shown' as known_by,
        1 as is_chosen
    from order_lines
    where product_category is not null

    union all

    select
        customer_id,
        'sales_channel' as preference_kind,
        sales_channel as preference,
        'shown' as known_by,
        1 as is_chosen
    from orders
    where sales_channel is not null

    union all

    select
        incentives.customer_id,
        'perk' as preference_kind,
        perks.perk as preference,
        'shown' as known_by,
        cast(perks.is_used as integer) as is_chosen
    from incentives
    inner join orders
        on incentives.order_id = orders.order_id
    cross join shop
    left join redeemed
        on
            incentives.customer_id = redeemed.customer_id
            and incentives.order_id = redeemed.order_id
    cross join
        lateral (
            values
            ('discount', incentives.is_discounted),
            ('coupon', incentives.has_coupon),
            ('promotion', incentives.is_in_promotion),
            ('free_shipping', case when shop.charges_shipping then coalesce(orders.shipping_amount, 0) = 0 end),
            ('points', case when shop.has_points then redeemed.order_id is not null end)
        ) as perks (perk, is_used)
    where perks.is_used is not null

    union all

    select
        customer_id,
        'message_channel' as preference_kind,
        channel as preference,
        'shown' as known_by,
        cast(event_type = 'opened' as integer) as is_chosen
    from messages
    where channel is not null and event_type in ('delivered', 'opened')

    union all

    select
        customer_id,
        'contact_channel' as preference_kind,
        channel as preference,
        'said' as known_by,
        cast(is_permitted as integer) as is_chosen
    from contact_permissions
    where purpose = 'marketing' and status in ('granted', 'refused')

),

counted as (

    select
        customer_id,
        preference_kind,
        preference,
        known_by,
        sum(is_chosen) as n_chosen,
        count(*) as n_offered
    from occasions
    group by customer_id, preference_kind, preference, known_by

),

-- A category or a sales channel is chosen among all of them; a perk, a message or a permission is taken or not.
shares as (

    select
        *,
        case
            when preference_kind in ('category', 'sales_channel')
                then sum(n_chosen) over (partition by customer_id, preference_kind)
            when preference_kind = 'message_channel' then n_offered - n_chosen
            else n_offered
        end as n_occasions
    from counted

),

final as (

    select
        customer_id,
        preference_kind,
        preference,
        known_by,
        cast(n_chosen as integer) as n_chosen,
        cast(greatest(n_occasions, n_chosen) as integer) as n_occasions,
        cast(round(cast(n_chosen as numeric) / greatest(n_occasions, n_chosen, 1), 4) as numeric(9, 4)) as share,
        cast(
            rank() over (partition by customer_id, preference_kind, known_by order by n_chosen desc) as integer
        ) as place,
        n_occasions < {{ var('preference_min_occasions') }} and known_by = 'shown' as is_too_thin
    from shares
    where n_chosen > 0

)

select * from final
