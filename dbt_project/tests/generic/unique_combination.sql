{#- Fails with each combination of the columns that occurs more than once. -#}
{% test unique_combination(model, columns) %}
select
    {{ columns | join(', ') }},
    count(*) as n_rows
from {{ model }}
where not {{ is_proven_unique(model, columns) }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}
