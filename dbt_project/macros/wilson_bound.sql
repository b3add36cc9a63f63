{#- Lower (-) or upper (+) bound of Wilson's score interval for a share of n trials; E. B. Wilson 1927, JASA 22, 209-212. -#}
{% macro wilson_bound(share, n, z, sign) -%}
    (
        {{ share }} + {{ z * z / 2 }} / {{ n }}
        {{ sign }} {{ z }} * sqrt({{ share }} * (1 - {{ share }}) / {{ n }} + {{ z * z / 4 }} / ({{ n }} * {{ n }}))
    ) / (1 + {{ z * z }} / {{ n }})
{%- endmacro %}

{#-
    Columns <share>_low and <share>_high of a share of n trials, numeric(9, 4): its 95 % interval; null where the share is.
-#}
{% macro wilson_interval(share, n) -%}
    {%- set z = var('interval_z') -%}
    cast(round({{ wilson_bound(share, 'nullif(' ~ n ~ ', 0)', z, '-') }}, 4) as numeric(9, 4)) as {{ share }}_low,
    cast(round({{ wilson_bound(share, 'nullif(' ~ n ~ ', 0)', z, '+') }}, 4) as numeric(9, 4)) as {{ share }}_high
{%- endmacro %}

{#-
    Whether a share of n trials is above another one beyond chance: the 95 % interval of their difference, of Wilson's intervals
    of both, is above zero; Newcombe 1998, Statistics in Medicine 17, 873-890, method 10. False where one of them is not known.
-#}
{% macro is_share_above(share, n, other, n_other) -%}
    {%- set z = var('interval_z') -%}
    coalesce(
        {{ share }} - {{ other }} > sqrt(
            power({{ share }} - {{ wilson_bound(share, 'nullif(' ~ n ~ ', 0)', z, '-') }}, 2)
            + power({{ wilson_bound(other, 'nullif(' ~ n_other ~ ', 0)', z, '+') }} - {{ other }}, 2)
        ),
        false
    )
{%- endmacro %}
