{#-
    Texts are cut into clauses, at punctuation and at "but", and clauses into words; words count by their stems (snowball, as
    Postgres has it). A clause has the sum of its words' polarities, each turned round by a negation within reach. A theme
    takes the sentiment of the clauses that name it; where they have none, that of the score or rating given with it.
-#}
{{ config(materialized='by_key') }}

with texts as (

    select * from {{ of_changed(ref('feedback_texts')) }}

),

languages as (

    select * from {{ ref('feedback_languages') }}

),

feedback_words as (

    select * from {{ ref('feedback_words') }}

),

lexicon as (

    select
        feedback_words.*,
        {{ word_stem('feedback_words.word', 'languages.stemmer') }} as stem
    from feedback_words
    inner join languages
        on feedback_words.language = languages.language

),

common_words as (

    select
        texts.text_id,
        lexicon.language,
        count(distinct lexicon.word) as n_hits
    from texts
    cross join lateral regexp_matches(lower(texts.body), '[[:alpha:]]+(?:''[[:alpha:]]+)?', 'g') as words (word)
    inner join lexicon
        on
            words.word[1] = lexicon.word
            and lexicon.role = 'function'
    group by texts.text_id, lexicon.language

),

signs as (

    select
        texts.text_id,
        languages.language,
        languages.stemmer,
        languages.clause_pattern,
        coalesce(common_words.n_hits, 0)
        + 2 * (length(texts.body) - length(translate(texts.body, coalesce(languages.own_letters, ''), ''))) as n_signs
    from texts
    cross join languages
    left join common_words
        on
            texts.text_id = common_words.text_id
            and languages.language = common_words.language

),

-- The language whose common words and own letters the text has most of; of none, the language is unknown.
told_languages as (

    select distinct on (text_id)
        text_id,
        language,
        stemmer,
        clause_pattern
    from signs
    where n_signs > 0
    order by text_id asc, n_signs desc, language asc

),

clauses as (

    select
        texts.text_id,
        told_languages.language,
        told_languages.stemmer,
        clauses.clause_number,
        {{ lower_in('clauses.clause', 'told_languages.language') }} as clause
    from texts
    inner join told_languages
        on texts.text_id = told_languages.text_id
    cross join lateral regexp_split_to_table(
        texts.body, '[.!?;:,\n]+|' || told_languages.clause_pattern, 'i'
    ) with ordinality as clauses (clause, clause_number)

),

words as (

    select
        clauses.text_id,
        clauses.language,
        clauses.stemmer,
        clauses.clause_number,
        words.word_number,
        words.word[1] as word
    from clauses
    cross join
        lateral regexp_matches(clauses.clause, '[[:alpha:]]+(?:''[[:alpha:]]+)?', 'g')
        with ordinality as words (word, word_number)

),

-- A stem takes its time and words repeat.
stems as (

    select
        language,
        word,
        {{ word_stem('word', 'stemmer') }} as stem
    from (
        select distinct
            language,
            stemmer,
            word
        from words
    ) as distinct_words

),

found_words as (

    select
        words.text_id,
        words.clause_number,
        words.word_number,
        lexicon.role,
        lexicon.theme,
        lexicon.polarity,
        lexicon.reach
    from words
    inner join stems
        on
            words.language = stems.language
            and words.word = stems.word
    inner join lexicon
        on
            stems.language = lexicon.language
            and stems.stem = lexicon.stem
    where lexicon.role <> 'function'

),

polar_words as (

    select distinct on (polar.text_id, polar.clause_number, polar.word_number)
        polar.text_id,
        polar.clause_number,
        polar.polarity * case when negation.word_number is null then 1 else -1 end as polarity
    from found_words as polar
    left join found_words as negation
        on
            polar.text_id = negation.text_id
            and polar.clause_number = negation.clause_number
            and negation.role = 'negation'
            and (
                polar.word_number - negation.word_number between 1 and negation.reach
                or polar.word_number - negation.word_number between negation.reach and -1
            )
    where polar.role = 'sentiment'
    order by polar.text_id asc, polar.clause_number asc, polar.word_number asc, negation.word_number asc nulls last

),

clause_polarities as (

    select
        text_id,
        clause_number,
        sign(sum(polarity)) as polarity
    from polar_words
    group by text_id, clause_number

),

themes as (

    select
        found_words.text_id,
        found_words.theme,
        sum(clause_polarities.polarity) as polarity
    from (
        select distinct
            text_id,
            clause_number,
            theme
        from found_words
        where role = 'theme'
    ) as found_words
    left join clause_polarities
        on
            found_words.text_id = clause_polarities.text_id
            and found_words.clause_number = clause_polarities.clause_number
    group by found_words.text_id, found_words.theme

),

text_polarities as (

    select
        text_id,
        sum(polarity) as polarity
    from clause_polarities
    group by text_id

),

final as (

    select
        texts.text_id,
        coalesce(themes.theme, 'other') as theme,
        texts.customer_id,
        texts.source_type,
        texts.source_id,
        texts.product_id,
        coalesce(told_languages.language, 'unknown') as language,
        case sign(coalesce(nullif(coalesce(themes.polarity, text_polarities.polarity), 0), texts.given_polarity))
            when 1 then 'positive'
            when -1 then 'negative'
            else 'neutral'
        end as sentiment,
        texts.written_date
    from texts
    left join told_languages
        on texts.text_id = told_languages.text_id
    left join themes
        on texts.text_id = themes.text_id
    left join text_polarities
        on texts.text_id = text_polarities.text_id

)

select * from final
