{#- Id of a customer record of WooCommerce: its exports share no customer number, so a hash of the address (or name). -#}
{% macro woocommerce_customer_record_id(email) -%}
    'woocommerce:customers:' || md5(lower(btrim({{ email }})))
{%- endmacro %}

{#- Whether an order was called off or never paid: the slug of Analytics, or the plugin's label in the site's language. -#}
{% macro woocommerce_is_cancelled(status) -%}
    coalesce(
        lower(translate(btrim({{ status }}), 'İIı', 'iii'))
        ~ '^(wc-)?(cancel|fail|trash|annuller|mislyk|storniert|fehlgeschlagen|iptal|başarisiz)',
        false
    )
{%- endmacro %}
