{# In a select list: one row per integer from start to stop, both included. #}
{% macro explode_integers(start, stop) %}{{ return(adapter.dispatch('explode_integers')(start, stop)) }}{% endmacro %}

{% macro default__explode_integers(start, stop) -%}
    unnest(generate_series({{ start }}, {{ stop }}))
{%- endmacro %}

{% macro spark__explode_integers(start, stop) -%}
    explode(sequence({{ start }}, {{ stop }}))
{%- endmacro %}
