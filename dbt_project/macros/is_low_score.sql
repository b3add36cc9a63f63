{#- Whether an answer to a survey is a bad experience, by any of the scores it gives. -#}
{% macro is_low_score() -%}
    (
        nps_score <= {{ var('low_nps_to') }}
        or csat_score <= {{ var('low_csat_to') }}
        or ces_score <= {{ var('low_ces_to') }}
    )
{%- endmacro %}
