{#-
    Whether an instant lies no later than so many days (a variable) after another; null while, by the night's clock, it still
    may.
-#}
{% macro within_limit(at, since, days) -%}
    case
        when {{ at }} <= {{ since }} + interval '{{ var(days) }} days' then true
        when {{ since }} + interval '{{ var(days) }} days' < {{ clock() }} then false
    end
{%- endmacro %}
