{#- Text for comparing: without case, accents of Turkish and Danish, or the many forms of blanks and apostrophes. -#}
{% macro fold(text) -%}
    lower(translate(normalize({{ text }}, nfkc), 'İIıŞşĞğÜüÖöÇçÆæØøÅåÉé’', 'iiissgguuooccaaooaaee'''))
{%- endmacro %}
