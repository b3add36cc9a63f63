{#- The instant so many whole days after the night's clock, for valid_until. -#}
{% macro valid_for_days(n_days) -%}
    {{ clock() }} + interval '{{ 24 * n_days }} hours'
{%- endmacro %}

{#-
    Whether a day is a yearly return of a date, from a year after it on. That of 29 February is 1 March where there is none,
    as completed years are counted (customer_standing); a date without a time has no time zone.
-#}
{% macro recurs_on(date_column, day) -%}
    {{ date_column }} < {{ day }}
    and extract(year from {{ date_column }}) < extract(year from {{ day }})
    and (
        to_char({{ date_column }}, 'MMDD') = to_char({{ day }}, 'MMDD')
        or (
            to_char({{ date_column }}, 'MMDD') = '0229'
            and to_char({{ day }}, 'MMDD') = '0301'
            and to_char({{ day }} - 1, 'MMDD') = '0228'
        )
    )
{%- endmacro %}
