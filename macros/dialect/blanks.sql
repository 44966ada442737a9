{# Characters that look like a blank in a text: U+0020, the no-break ones, the typographic ones. #}
{% macro blanks() -%}
    {{ ' \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000' }}
{%- endmacro %}

{# A text without the blanks around it. #}
{% macro trimmed(expression) %}{{ return(adapter.dispatch('trimmed')(expression)) }}{% endmacro %}

{% macro default__trimmed(expression) -%}
    trim({{ expression }})
{%- endmacro %}

{# Spark's own trims U+0020 alone #}
{% macro spark__trimmed(expression) -%}
    trim(both '{{ blanks() }}' from {{ expression }})
{%- endmacro %}
