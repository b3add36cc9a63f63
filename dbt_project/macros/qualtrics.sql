{#- Qualtrics names a download <survey>_<month> <day>, <year>_<hour>.<minute>, blanks written as + in links. -#}
{% macro qualtrics_survey(file_name) -%}
    replace({{ survey_name(file_name, '(_[[:alpha:]]+[+ ]\\d{1,2},?[+ ]\\d{4}|\\d{4}-\\d{2}-\\d{2})') }}, '+', ' ')
{%- endmacro %}

{#-
    Whether a response is somebody's opinion, by Qualtrics' status: words, or a sum of flags of which 1 is a preview, 2 a
    test and 8 spam.
-#}
{% macro is_qualtrics_opinion(status) -%}
    case
        when {{ status }} ~ '^\d{1,4}$' then cast({{ status }} as integer) & 11 = 0
        else coalesce({{ status }} !~* 'preview|test|spam', true)
    end
{%- endmacro %}
