{# The one rule by which words are compared: lower case, without accents; underscores, hyphens and all kinds of blanks are
   one space; full-width letters are plain ones; zero-width marks go. The audit renders this file too (orchestration/words.py).

   Nearly all words are plain ASCII. They are told apart first, because folding takes a hundred times as long. #}
{% macro normalised_word(expression) -%}
    case
        when {{ full_match(expression, '[a-z0-9]+( [a-z0-9]+)*') }} then {{ expression }}
        when {{ full_match(expression, '[ -~]*') }} then {{ tidy_word(expression) }}
        when {{ full_match(without_accents(expression), '[ -~]*') }} then {{ tidy_word(without_accents(expression)) }}
        else {{ tidy_word(plain_characters(without_accents(expression))) }}
    end
{%- endmacro %}

{# A word as the models write it: normalised, with underscores. #}
{% macro canonical_word(expression) -%}
    case
        when {{ full_match(expression, '[a-z0-9]+(_[a-z0-9]+)*') }} then {{ expression }}
        else replace({{ normalised_word(expression) }}, ' ', '_')
    end
{%- endmacro %}

{% macro tidy_word(expression) -%}
    trim({{ replace_matches('lower(' ~ expression ~ ')', '[-_ ]+', ' ') }})
{%- endmacro %}

{# Blanks, dashes, full-width and raised characters -> ASCII; marks without a width go. #}
{% macro plain_characters(expression) -%}
    {%- set spaces = blanks()[1:] ~ '\t\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uff0d\uff3f' -%}
    {%- set raised = 'ªº¹²³µſ' -%}
    {%- set wide -%}
    ！＂＃＄％＆（）＊＋，．／０１２３４５６７８９：；＜＝＞？＠ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ
    {%- endset -%}
    {%- set plain -%}
    !"#$%&()*+,./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz
    {%- endset -%}
    {%- set without_width = '\u00ad\u034f\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufe0e\ufe0f\ufeff' -%}
    translate({{ expression }}, '{{ spaces ~ raised ~ wide ~ without_width }}', '{{ ' ' * spaces | length }}ao123μs{{ plain }}')
{%- endmacro %}
