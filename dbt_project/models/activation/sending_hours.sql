{#-
    The first whole stretch of fitting hours that begins after the night is over, by channel and country. In a country
    of several time zones the hours that fit all of them; without a country the business's own zone. Postgres turns
    local hours into instants, and knows the days on which clocks are changed.
-#}
with

channel_rules as (
    select * from {{ ref('channel_rules') }}
),

country_time_zones as (
    select * from {{ ref('country_time_zones') }}
),

zones as (
    select
        country_code,
        time_zone
    from country_time_zones
    union all
    select
        '' as country_code,
        '{{ var("time_zone") }}' as time_zone
),

-- East of the business a day may have begun already, west of it the day of the night may not be over.
days as (
    select {{ business_date() }} + n as local_date
    from generate_series(0, 3) as n
),

stretches as (
    select
        channel_rules.channel,
        zones.country_code,
        days.local_date,
        max((days.local_date + channel_rules.send_from) at time zone zones.time_zone) as send_not_before,
        min((days.local_date + channel_rules.send_until) at time zone zones.time_zone) as send_not_after
    from channel_rules
    cross join zones
    cross join days
    group by channel_rules.channel, zones.country_code, days.local_date
),

final as (
    select distinct on (channel, country_code)
        channel,
        country_code,
        send_not_before,
        send_not_after
    from stretches
    where
        send_not_before >= {{ clock() }}
        and send_not_before < send_not_after
    order by channel, country_code, local_date
)

select * from final
