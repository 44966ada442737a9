{# The address that identifies a person: trimmed, lower case, without `mailto:` or the name around it; null where the text is
   not one address. The erasure renders this file too (orchestration/words.py). #}
{% macro normalised_email(expression) -%}
    {%- set plain = 'lower(' ~ trimmed(expression) ~ ')' -%}
    case
        when {{ full_match(plain, email_pattern()) }} then {{ plain }}
        when {{ full_match(expression, '[^@]*@[^@]*') }} and {{ full_match(bare_email(plain), email_pattern()) }}
            then {{ bare_email(plain) }}
    end
{%- endmacro %}

{% macro email_pattern() -%}
    {%- set no_part = '@,;:<>()"\u00a0\u200b\u200c\u200d\u2060\ufeff ' -%}
    [^{{ no_part }}]+@[^{{ no_part }}]+[.][^{{ no_part }}]+
{%- endmacro %}

{# `Ana <ana@example.com>`, `mailto:ana@example.com?subject=Hi` -> the address. #}
{% macro bare_email(expression) -%}
    {%- set text = "translate(" ~ expression ~ ", '\u200b\u200c\u200d\u2060\ufeff', '')" -%}
    {%- set within = "case when " ~ text ~ " like '%<%>%' then split_part(split_part(" ~ text ~ ", '<', 2), '>', 1) else " ~ text ~ " end" -%}
    {{ trimmed("split_part(replace(" ~ within ~ ", 'mailto:', ''), '?', 1)") }}
{%- endmacro %}
