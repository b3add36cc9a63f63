{#-
    Styles and classes are those that were published: of a month that is over, what history kept for its last night; of
    the running month, tonight's. Months before anything was published have none, and say so.
-#}
with buyer_months as (

    select * from {{ ref('int_buyer_months') }}

),

past as (

    select * from {{ ref('int_headlines_at_month_ends') }}

),

styles as (

    select * from {{ ref('shopper_style') }}

),

classes as (

    select * from {{ ref('loyalty_class') }}

),

running as (

    select cast(date_trunc('month', cast({{ business_date() }} as timestamp without time zone)) as date) as month

),

headlines as (

    select
        customer_id,
        month,
        shopper_style,
        loyalty_class
    from past
    where month < (select running.month from running)

    union all

    select
        styles.customer_id,
        running.month,
        styles.shopper_style,
        classes.loyalty_class
    from styles
    cross join running
    left join classes
        on styles.customer_id = classes.customer_id

),

compared as (

    select
        *,
        case shopper_style when 'transactional' then 1 when 'mixed' then 2 when 'relational' then 3 end as style_place,
        lag(case shopper_style when 'transactional' then 1 when 'mixed' then 2 when 'relational' then 3 end)
            over by_month as style_place_before,
        lag(loyalty_class) over by_month as loyalty_class_before,
        coalesce(lag(month) over by_month = month - interval '1 month', false) as is_after_month_before
    from headlines
    window by_month as (partition by customer_id order by month)

),

called as (

    select
        month,
        count(style_place) as n_styled,
        count(*) filter (where shopper_style = 'transactional') as n_transactional,
        count(*) filter (where shopper_style = 'mixed') as n_mixed,
        count(*) filter (where shopper_style = 'relational') as n_relational,
        count(loyalty_class) as n_classed,
        count(*) filter (where loyalty_class = 1.0) as n_bought,
        count(*) filter (where loyalty_class = 3.0) as n_relationship,
        count(*) filter (where is_after_month_before and style_place is not null and style_place_before is not null)
            as n_styled_twice,
        count(*) filter (where is_after_month_before and style_place > style_place_before) as n_towards_relational,
        count(*) filter (where is_after_month_before and style_place < style_place_before) as n_towards_transactional,
        count(*) filter (where is_after_month_before and loyalty_class is not null and loyalty_class_before is not null)
            as n_classed_twice,
        count(*) filter (where is_after_month_before and loyalty_class > loyalty_class_before) as n_class_up,
        count(*) filter (where is_after_month_before and loyalty_class < loyalty_class_before) as n_class_down
    from compared
    group by month

),

bought as (

    select
        month,
        count(*) as n_buyers,
        count(*) filter (where is_contacted) as n_contacted,
        count(is_contacted) > 0 as has_messages,
        sum(net_revenue_amount) as net_revenue_amount,
        sum(full_price_revenue_amount) as full_price_revenue_amount
    from buyer_months
    group by month

),

months as (

    select cast(spans.month as date) as month
    from generate_series(
            (select cast(min(bought.month) as timestamp without time zone) from bought),
            (select cast(running.month as timestamp without time zone) from running),
            interval '1 month'
        ) as spans (month)

),

joined as (

    select
        months.month,
        months.month + interval '1 month' <= {{ business_date() }} + 1 as is_month_over,
        bought.net_revenue_amount,
        bought.full_price_revenue_amount,
        coalesce(bought.n_buyers, 0) as n_buyers,
        case
            when
                bought.has_messages
                and months.month + interval '1 month' + interval '{{ var("contact_after_sale_days") }} days'
                <= {{ business_date() }} + 1
                then bought.n_contacted
        end as n_contacted,
        called.month is not null as is_called,
        not coalesce(bought.has_messages, false) as has_no_messages,
        called.n_styled,
        called.n_transactional,
        called.n_mixed,
        called.n_relational,
        called.n_classed,
        called.n_bought,
        called.n_relationship,
        called.n_styled_twice,
        called.n_towards_relational,
        called.n_towards_transactional,
        called.n_classed_twice,
        called.n_class_up,
        called.n_class_down
    from months
    left join bought
        on months.month = bought.month
    left join called
        on months.month = called.month

),

final as (

    select
        month,
        nullif(
            concat_ws(
                ', ',
                case when not is_called then 'styles and classes are kept from the first published night on' end,
                case
                    when has_no_messages then 'no source tells messages of the month'
                    when n_contacted is null then 'the days after the sale are not over'
                end
            ), ''
        ) as missing_reason,
        '{{ var("reporting_currency") }}' as reporting_currency,
        {%- for count in [
            'n_buyers', 'n_contacted', 'n_styled', 'n_transactional', 'n_mixed', 'n_relational', 'n_classed',
            'n_bought', 'n_relationship', 'n_styled_twice', 'n_towards_relational', 'n_towards_transactional',
            'n_classed_twice', 'n_class_up', 'n_class_down',
        ] %}
            cast({{ count }} as integer) as {{ count }},
        {%- endfor %}
        {%- for share, part, whole in [
            ('transactional_share', 'n_transactional', 'n_styled'),
            ('relational_share', 'n_relational', 'n_styled'),
            ('bought_share', 'n_bought', 'n_classed'),
            ('relationship_share', 'n_relationship', 'n_classed'),
            ('contacted_share', 'n_contacted', 'n_buyers'),
            ('full_price_revenue_share', 'full_price_revenue_amount', 'net_revenue_amount'),
        ] %}
            cast(round(cast({{ part }} as numeric) / nullif({{ whole }}, 0), 4) as numeric(9, 4)) as {{ share }},
        {%- endfor %}
        cast(coalesce(net_revenue_amount, 0) as numeric(18, 2)) as net_revenue_amount,
        cast(coalesce(full_price_revenue_amount, 0) as numeric(18, 2)) as full_price_revenue_amount,
        is_month_over,
        n_buyers < {{ var('min_customers_for_a_share') }} as is_too_thin
    from joined

)

select * from final
