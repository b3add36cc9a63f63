{#-
    Two ways to be a promotion day. By rule: the seed promotion_windows, a fixed date or the nth weekday of a month.
    Detected: discounts took an unusual share of the goods sold on the days around it and more than usual on the day
    itself. Unusual is a modified z-score, 0.6745 (x - median) / MAD, beyond promotion_min_deviation; where more than half
    of the days are alike, so that MAD is 0, the mean absolute deviation takes its place with 0.7979 (Iglewicz and Hoaglin
    1993, How to Detect and Handle Outliers, ASQC, 11-13).
-#}
with orders as (

    select * from {{ ref('int_orders_converted') }}
    where is_counted

),

windows as (

    select * from {{ ref('promotion_windows') }}

),

sold as (

    select
        order_date,
        sum(discount_amount) as discount_amount,
        sum(gross_amount) as gross_amount
    from orders
    group by order_date

),

around as (

    select
        order_date,
        discount_amount / nullif(gross_amount, 0) as discount_share,
        sum(discount_amount) over days_around / nullif(sum(gross_amount) over days_around, 0) as share_around
    from sold
    window days_around as (
        order by order_date
        range between interval '{{ var("promotion_days_around") }} days' preceding
        and interval '{{ var("promotion_days_around") }} days' following
    )

),

usual as (

    select percentile_cont(0.5) within group (order by share_around) as median_share
    from around

),

spread as (

    select
        usual.median_share,
        percentile_cont(0.5) within group (order by abs(around.share_around - usual.median_share))
        / 0.6745 as by_median,
        avg(abs(around.share_around - usual.median_share)) / 0.7979 as by_mean
    from around
    cross join usual
    group by usual.median_share

),

detected as (

    select
        around.order_date,
        around.share_around,
        spread.median_share,
        coalesce(
            around.discount_share > spread.median_share
            and around.share_around - spread.median_share
            > {{ var('promotion_min_deviation') }}
            * coalesce(nullif(spread.by_median, 0), nullif(cast(spread.by_mean as double precision), 0)),
            false
        ) as is_detected
    from around
    cross join spread

),

years as (

    select
        cast(
            generate_series(min(extract(year from order_date)), max(extract(year from order_date))) as integer
        ) as year
    from sold

),

months as (

    select
        windows.promotion_window,
        windows.offset_days,
        windows.n_days,
        windows.day,
        windows.weekday,
        windows.nth_weekday,
        make_date(years.year, windows.month, 1) as first_of_month
    from windows
    cross join years

),

starts as (

    select
        promotion_window,
        n_days,
        case
            when day is not null then first_of_month + day - 1
            else first_of_month
                + (weekday - cast(extract(isodow from first_of_month) as integer) + 7) % 7
                + 7 * (nth_weekday - 1)
        end + offset_days as start_date
    from months

),

by_rule as (

    select
        cast(days.promotion_date as date) as promotion_date,
        min(starts.promotion_window) as promotion_window
    from starts
    cross join
        lateral generate_series(
            cast(starts.start_date as timestamp without time zone),
            cast(starts.start_date + starts.n_days - 1 as timestamp without time zone),
            interval '1 day'
        ) as days (promotion_date)
    group by days.promotion_date

),

final as (

    select
        detected.order_date as promotion_date,
        by_rule.promotion_window,
        cast(round(cast(detected.share_around as numeric), 4) as numeric(9, 4)) as discount_share_around,
        cast(round(cast(detected.median_share as numeric), 4) as numeric(9, 4)) as usual_discount_share,
        by_rule.promotion_date is not null as is_by_rule,
        detected.is_detected
    from detected
    left join by_rule
        on detected.order_date = by_rule.promotion_date
    where by_rule.promotion_date is not null or detected.is_detected

)

select * from final
