{#- Points of a record by the name they have after normalisation: their kind, and the column that holds them as written. -#}
{% macro customer_points() -%}
    {{ return({
        'email': ('email', 'email_raw'),
        'phone': ('phone', 'phone_raw'),
        'phone_2': ('phone', 'phone_2_raw'),
        'given_name': ('name', 'first_name_raw'),
        'surname': ('name', 'last_name_raw'),
        'full_name': ('full_name', 'full_name_raw'),
        'street': ('street', 'street_address'),
        'city': ('city', 'city'),
        'postal_code': ('postal_code', 'postal_code'),
    }) }}
{%- endmacro %}
