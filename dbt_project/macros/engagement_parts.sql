{#- Points of a month in a part of engagement_index. -#}
{% macro part_points(part) -%}
    sum(signals.points) filter (where signals.component = '{{ part }}')
{%- endmacro %}

{#-
    What is left of a column of points at a month's end, of all months so far: with p_k points in month k and the half-life
    h, sum of p_k 0.5^((m - k) / h) is 0.5^(m / h) times the running sum of p_k 2^(k / h). Months are counted from the
    person's first. `over` names a window in the order of months.
-#}
{% macro faded(points, months, over) -%}
    {%- set half_life = var('engagement_half_life_months') ~ '::double precision' -%}
    power(0.5, {{ months }} / {{ half_life }})
    * sum(coalesce({{ points }}, 0) * power(2.0, {{ months }} / {{ half_life }})) over {{ over }}
{%- endmacro %}

{#- 100 (1 - 0.5 ^ (points / half)), 0 where they speak against the bond, null for a part that is not known. -#}
{% macro part_score(points, half) -%}
    100 * (1 - power(0.5, greatest({{ points }}, 0) / {{ half }}))
{%- endmacro %}

{#- A column of weights of a part, null where the business has no signals of it. -#}
{% macro of_part(column, part) -%}
    max({{ column }}) filter (where component = '{{ part }}')
{%- endmacro %}
