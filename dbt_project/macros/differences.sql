{#-
    Where the CTEs `concept` and `mart` do not agree, by currency and business date: a day that only one of them has, or
    any of `sums` that differs to the cent. A currency that is not known agrees with nothing.
-#}
{% macro differences(date, sums) -%}
    select
        concept.currency as concept_currency,
        concept.{{ date }} as concept_date,
        mart.currency as mart_currency,
        mart.{{ date }} as mart_date
    from concept
    full outer join mart
        on
            concept.currency = mart.currency
            and coalesce(concept.{{ date }}, date '-infinity') = coalesce(mart.{{ date }}, date '-infinity')
    where
        {%- for one in sums %}
        {{ "or " if not loop.first }}concept.{{ one }} is distinct from mart.{{ one }}
        {%- endfor %}
{%- endmacro %}
