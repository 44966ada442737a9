{# In a select list: one row per day from start to stop, both included. #}
{% macro explode_days(start, stop) %}{{ return(adapter.dispatch('explode_days')(start, stop)) }}{% endmacro %}

{% macro default__explode_days(start, stop) -%}
    cast(unnest(generate_series(cast({{ start }} as timestamp), cast({{ stop }} as timestamp), interval '1 day')) as date)
{%- endmacro %}

{% macro spark__explode_days(start, stop) -%}
    explode(sequence(cast({{ start }} as date), cast({{ stop }} as date), interval '1 day'))
{%- endmacro %}
