{#-
    Lower (-) or upper (+) bound of a mean of n values with a variance: normal, 95 %; null where they are all the same, but for
    what division leaves in the last places, since that says nothing of how sure they are.
-#}
{% macro mean_bound(mean, variance, n, sign) -%}
    {{ mean }} {{ sign }} {{ var('interval_z') }} * sqrt(nullif(greatest(round({{ variance }}, 8), 0), 0) / {{ n }})
{%- endmacro %}
