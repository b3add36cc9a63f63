{#- Typeform names a download responses-<form>-<what differs each time>; a file named by people is the survey's name. -#}
{% macro typeform_survey(file_name) -%}
    coalesce(substring({{ file_name }} from 'responses-([[:alnum:]]+)-'), {{ survey_name(file_name) }})
{%- endmacro %}
