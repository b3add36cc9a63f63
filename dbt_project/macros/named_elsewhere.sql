{#-
    A shop of one vendor, deliveries or reviews exported by another: the one knows an order as '<vendor>:1001', the other
    writes 1001 under its own name. What is named is looked for under its vendor's own id first, else under the bare number,
    ':1001', where exactly one order (or product) bears it: int_order_names, int_product_names.
-#}

{#- The bare number of an id, or of a number as people write it, in the form in which names are compared. -#}
{% macro bare_name(column, is_id=true) -%}
    ':' || upper(ltrim(btrim({% if is_id %}substr({{ column }}, strpos({{ column }}, ':') + 1){% else %}{{ column }}{% endif %}), '#'))
{%- endmacro %}

{#- Rows of `relation` with `found`, the id that its column `named` stands for by the CTE `names`; null where none does. -#}
{% macro with_found(relation, named, names, found) -%}
    select
        {{ relation }}.*,
        coalesce({{ names }}_by_id.{{ named }}, {{ names }}_by_number.{{ named }}) as {{ found }}
    from {{ relation }}
    left join {{ names }} as {{ names }}_by_id
        on {{ relation }}.{{ named }} = {{ names }}_by_id.named_as
    left join {{ names }} as {{ names }}_by_number
        on
            {{ names }}_by_id.named_as is null
            and {{ bare_name(relation ~ '.' ~ named) }} = {{ names }}_by_number.named_as
{%- endmacro %}
