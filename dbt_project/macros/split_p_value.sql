{#-
    Probability of a split into two arms that is at least as far from the expected one as this: Pearson's chi-square test with
    one degree of freedom, whose tail is that of a normal distribution's square. Postgres 16 and later have erfc.
-#}
{% macro split_p_value(n_first, n_second, expected_first) -%}
    erfc(sqrt(cast(
        power({{ n_first }} - {{ expected_first }}, 2) * (
            1 / nullif({{ expected_first }}, 0) + 1 / nullif({{ n_first }} + {{ n_second }} - {{ expected_first }}, 0)
        ) / 2 as double precision
    )))
{%- endmacro %}
