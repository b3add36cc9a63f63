{#- Lower (-) or upper (+) bound of Wilson's score interval for a share of n trials; E. B. Wilson 1927, JASA 22, 209-212. -#}
{% macro wilson_bound(share, n, z, sign) -%}
    (
        {{ share }} + {{ z * z / 2 }} / {{ n }}
        {{ sign }} {{ z }} * sqrt({{ share }} * (1 - {{ share }}) / {{ n }} + {{ z * z / 4 }} / ({{ n }} * {{ n }}))
    ) / (1 + {{ z * z }} / {{ n }})
{%- endmacro %}
