{# The words of a source that its yml explains, as `meta.words`: what explains them -> word -> meaning (null = none).

   stage_map, lead_mechanisms   the seed that they add to (with_source_words)
   stage_map.working            the same for the words of the working status
   <table>.<column>             the canonical column whose values they are (conform): {orders.status: {Pagado: paid}} #}
{% macro words_of(source_name) %}
    {% set words = declared_source(source_name).get('source_meta', {}).get('words', {}) %}
    {% for place in words if place not in ['stage_map', 'stage_map.working', 'lead_mechanisms'] and place.split('.')[0] not in contract_tables() %}
        {{ exceptions.raise_compiler_error(
            "The source '" ~ source_name ~ "' has words for '" ~ place
            ~ "': neither stage_map, nor lead_mechanisms, nor <table>.<column> of the contract."
        ) }}
    {% endfor %}
    {{ return(words) }}
{% endmacro %}

{# SQL that turns the words of a text into what they mean, and leaves all others. #}
{% macro translated(expression, words) -%}
    case {{ normalised_word('cast(' ~ expression ~ ' as string)') }}
        {%- for word, meaning in words.items() %}
        when {{ normalised_word(sql_text(word)) }} then {{ 'null' if meaning is none else sql_text(meaning) }}
        {%- endfor %}
        else {{ expression }}
    end
{%- endmacro %}
