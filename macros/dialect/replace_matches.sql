{# A text with every match of the regular expression replaced. #}
{% macro replace_matches(expression, pattern, replacement) %}{{ return(adapter.dispatch('replace_matches')(expression, pattern, replacement)) }}{% endmacro %}

{% macro default__replace_matches(expression, pattern, replacement) -%}
    regexp_replace({{ expression }}, '{{ pattern }}', '{{ replacement }}', 'g')
{%- endmacro %}

{% macro spark__replace_matches(expression, pattern, replacement) -%}
    regexp_replace({{ expression }}, '{{ pattern }}', '{{ replacement }}')
{%- endmacro %}
