{#-
    Intervals of a difference: of shares by Newcombe's method 10 (1998, Statistics in Medicine 17, 873-890), which
    joins Wilson's intervals of both; of means by Welch's standard error and the normal distribution.
-#}
{%- set z = var('interval_z') -%}
with trial_arms as (

    select * from {{ ref('trial_arms') }}

),

abreast as (

    select
        scope,
        measure,
        window_days,
        measure like '%_rate' as is_share,
        coalesce(max(n_customers) filter (where arm = 'treated'), 0) as n_treated,
        coalesce(max(n_customers) filter (where arm = 'held_out'), 0) as n_held_out,
        max(mean_value) filter (where arm = 'treated') as treated_value,
        max(mean_value) filter (where arm = 'held_out') as held_out_value,
        max(variance_value) filter (where arm = 'treated') as treated_variance,
        max(variance_value) filter (where arm = 'held_out') as held_out_variance,
        -- A person of an expected share s counts s in the one arm and 1 - s in the other, wherever they are.
        coalesce(max(n_customers - n_expected) filter (where arm = 'treated'), 0)
        + coalesce(max(n_expected) filter (where arm = 'held_out'), 0) as n_expected_held_out,
        max(last_entered_on) - min(first_entered_on) + 1 as n_days
    from trial_arms
    group by scope, measure, window_days

),

bounded as (

    select
        *,
        n_treated + n_held_out as n_customers,
        treated_value - held_out_value as difference,
        sqrt(treated_variance / nullif(n_treated, 0) + held_out_variance / nullif(n_held_out, 0)) as standard_error,
        {%- for arm in ['treated', 'held_out'] %}
            {%- for end, sign in [('low', '-'), ('high', '+')] %}
                case when is_share then {{ wilson_bound(arm ~ '_value', 'nullif(n_' ~ arm ~ ', 0)', z, sign) }} end
                    as {{ arm }}_{{ end }},
            {%- endfor %}
        {%- endfor %}
        {{ split_p_value('n_held_out', 'n_treated', 'n_expected_held_out') }} as split_p_value,
        n_expected_held_out / nullif(n_treated + n_held_out, 0) as expected_share
    from abreast

),

compared as (

    select
        *,
        difference - case
            when is_share then sqrt(power(treated_value - treated_low, 2) + power(held_out_high - held_out_value, 2))
            else {{ z }} * standard_error
        end as difference_low,
        difference + case
            when is_share then sqrt(power(treated_high - treated_value, 2) + power(held_out_value - held_out_low, 2))
            else {{ z }} * standard_error
        end as difference_high,
        ({{ z }} + {{ var('power_z') }}) * standard_error as detectable_difference,
        -- So many that a difference of the size worth knowing would be seen.
        ceil(
            power({{ z }} + {{ var('power_z') }}, 2)
            * (treated_variance / nullif(1 - expected_share, 0) + held_out_variance / nullif(expected_share, 0))
            / nullif(power({{ var('lift_worth_knowing') }} * held_out_value, 2), 0)
        ) as n_customers_needed
    from bounded

),

final as (

    select
        scope,
        measure,
        case
            when least(n_treated, n_held_out) < {{ var('min_customers_for_a_share') }} then 'too_thin'
            when split_p_value < {{ var('split_min_p_value') }} then 'split_is_off'
            when difference_low > 0 then 'higher'
            when difference_high < 0 then 'lower'
            else 'no_difference_seen'
        end as verdict,
        window_days,
        n_treated,
        n_held_out,
        cast(n_customers_needed as bigint) as n_customers_needed,
        cast(
            ceil(greatest(n_customers_needed - n_customers, 0) * n_days / nullif(n_customers, 0)) as bigint
        ) as n_days_until_answer,
        cast(treated_value as numeric(18, 6)) as treated_value,
        cast(held_out_value as numeric(18, 6)) as held_out_value,
        cast(difference as numeric(18, 6)) as difference,
        cast(difference_low as numeric(18, 6)) as difference_low,
        cast(difference_high as numeric(18, 6)) as difference_high,
        cast(detectable_difference as numeric(18, 6)) as detectable_difference,
        cast(expected_share as numeric(9, 6)) as expected_held_out_rate,
        cast(split_p_value as numeric(9, 6)) as split_p_value
    from compared

)

select * from final
