{#-
    Id of the customer record behind a row of the generic exports: by the shop's id, else by a hash of the address, else of
    the row itself, such as a sale to somebody who gave no name.
-#}
{% macro generic_customer_record_id(customer_id, email, row_key) -%}
    case
        when {{ customer_id }} <> '' then 'generic:customers:' || {{ customer_id }}
        when {{ email }} <> '' then 'generic:emails:' || md5(lower(btrim({{ email }})))
        else 'generic:guests:' || {{ row_key }}
    end
{%- endmacro %}
