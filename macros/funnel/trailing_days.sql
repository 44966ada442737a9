{# How far back the rates look that a plan goes by: a year, so that every season is in them once. #}
{% macro trailing_days() %}{{ return(365) }}{% endmacro %}
