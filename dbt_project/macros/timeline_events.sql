{#-
    Events of customer_timeline from the CTE `relation`: one for each row in which `at` is known. `event_type`, `title`,
    `customer_id` and `amount` are expressions; `facts` are columns that go into details, none of them personal data or free
    text. What the amount is in is reporting_currency.
-#}
{% macro timeline_events(
    relation, kind, id, at, event_type, title, facts, amount=none, where=none, customer_id='customer_id'
) -%}
    select
        '{{ kind }}:' || {{ id }} as event_id,
        {{ customer_id }} as customer_id,
        {{ event_type }} as event_type,
        {{ title }} as title,
        jsonb_build_object(
            {%- for fact in facts %}
            '{{ fact }}', {{ fact }}{{ "," if not loop.last }}
            {%- endfor %}
        ) as details,
        cast({{ amount or 'null' }} as numeric(18, 2)) as amount,
        cast({{ 'case when ' ~ amount ~ ' is not null then reporting_currency end' if amount else 'null' }} as text) as currency,
        {{ at }} as occurred_at
    from {{ relation }}
    where
        {{ at }} is not null
        {%- if where %}
        and {{ where }}
        {%- endif %}
{%- endmacro %}
