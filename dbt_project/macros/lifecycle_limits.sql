{#- Days without a purchase after which somebody with this usual gap is at risk. -#}
{% macro at_risk_after_days(usual_gap_days) -%}
    greatest({{ usual_gap_days }} * {{ var('at_risk_gap_factor') }}, {{ var('at_risk_min_days') }})
{%- endmacro %}

{#- Days without a purchase after which somebody with this usual gap has lapsed. -#}
{% macro lapse_after_days(usual_gap_days) -%}
    greatest({{ usual_gap_days }} * {{ var('lapsed_gap_factor') }}, {{ var('lapsed_min_days') }})
{%- endmacro %}
