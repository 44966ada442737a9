{# True where the whole text matches the regular expression (RE2 and Java syntax have to agree on it). #}
{% macro full_match(expression, pattern) %}{{ return(adapter.dispatch('full_match')(expression, pattern)) }}{% endmacro %}

{% macro default__full_match(expression, pattern) -%}
    regexp_full_match({{ expression }}, '{{ pattern }}')
{%- endmacro %}

{% macro spark__full_match(expression, pattern) -%}
    {{ expression }} rlike '^({{ pattern }})$'
{%- endmacro %}
