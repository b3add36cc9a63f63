{#- Id of a customer record of Magento: its exports share no number but the address, so a hash of that. -#}
{% macro magento_customer_record_id(email) -%}
    'magento:customers:' || md5(lower(btrim({{ email }})))
{%- endmacro %}

{#- A birthday in ISO order, as its exports write it where their language is not asked; null in any other form. -#}
{% macro magento_birth_date(column) -%}
    case
        when {{ column }} ~ '^\d{4}-\d{2}-\d{2}' and pg_input_is_valid(left({{ column }}, 10), 'date')
            then cast(left({{ column }}, 10) as date)
    end
{%- endmacro %}

{#- Whether an order was called off, never paid, or is held for fraud: the grid's label in the shop's language. -#}
{% macro magento_is_cancelled(status) -%}
    coalesce(
        lower(translate(btrim({{ status }}), 'İIı', 'iii')) ~ '^(cancel|annuller|storniert|iptal|suspected fraud)',
        false
    )
{%- endmacro %}
