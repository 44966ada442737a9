{# The rows of a seed that says what words mean, per source system and period, and the words that the sources that are on
   declare for themselves (words_of). A source's word holds for the system of its name, at any time; a word without a meaning
   is known and means nothing; "*" is all other words. Spellings of one word (normalised_word) are one row. `where` picks rows of the seed, and `place` names the
   words of the sources that go with them. #}
{% macro with_source_words(seed_name, word_column, meaning_column, where=none, place=none) %}
    {%- set rows = [] -%}
    {%- for source_name in var('lead_sources') -%}
        {%- set words = words_of(source_name).get(place or seed_name, {}) if execute else {} -%}
        {%- for word, meaning in words.items() -%}
            {%- do rows.append((source_name, none if word == '*' else word, meaning)) -%}
        {%- endfor -%}
    {%- endfor -%}
select distinct
    source_system,
    {{ normalised_word(word_column) }} as {{ word_column }},
    {{ meaning_column }},
    valid_from,
    valid_to
from {{ ref(seed_name) }}
{%- if where %}
where {{ where }}
{%- endif %}
{%- for source_name, word, meaning in rows %}
union all
select
    '{{ source_name }}' as source_system,
    {{ 'cast(null as string)' if word is none else normalised_word(sql_text(word)) }} as {{ word_column }},
    {{ 'cast(null as string)' if meaning is none else sql_text(meaning) }} as {{ meaning_column }},
    timestamp '1970-01-01 00:00:00' as valid_from,
    cast(null as timestamp) as valid_to
{%- endfor %}
{% endmacro %}
