{#- The score of a candidate by the criterion that a rule names; the higher wins. -#}
{% macro survivorship_score(criterion) -%}
    case {{ criterion }}
        when 'completeness' then completeness
        when 'trust' then trust
        when 'agreement' then agreement
        else recency
    end
{%- endmacro %}
