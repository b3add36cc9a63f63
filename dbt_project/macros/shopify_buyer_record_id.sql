{#-
    Id of the customer record behind a Shopify order: a hash of the contact details on it, or of the order itself when
    it has none, as with a sale in the shop to somebody who gave no name.
-#}
{% macro shopify_buyer_record_id(prefix='') -%}
    'shopify:buyers:' || md5(
        case
            when coalesce({{ prefix }}email, {{ prefix }}phone, {{ prefix }}billing_name) is null then {{ prefix }}order_name
            else concat_ws(
                '|',
                lower(coalesce({{ prefix }}email, '')),
                regexp_replace(coalesce({{ prefix }}phone, ''), '\D', '', 'g'),
                -- Without an address or a phone, a name alone does not make two orders one person's.
                case
                    when coalesce({{ prefix }}email, {{ prefix }}phone) is null then {{ prefix }}order_name
                    else lower(coalesce({{ prefix }}billing_name, ''))
                end
            )
        end
    )
{%- endmacro %}
