{#- Lower case as a language has it: in Turkish İ is the capital of i, and I of ı. -#}
{% macro lower_in(text, language) -%}
    lower(case when {{ language }} in ('tr', 'az') then translate({{ text }}, 'Iİ', 'ıi') else {{ text }} end)
{%- endmacro %}

{#-
    The stem of a word by one of Postgres' dictionaries. A stop word is its own, and marked, as it may look like another's
    stem: var (was) like that of vare (goods).
-#}
{% macro word_stem(word, stemmer) -%}
    case
        when ts_lexize(cast({{ stemmer }} as regdictionary), {{ word }}) = '{}' then '=' || {{ word }}
        else coalesce((ts_lexize(cast({{ stemmer }} as regdictionary), {{ word }}))[1], {{ word }})
    end
{%- endmacro %}
