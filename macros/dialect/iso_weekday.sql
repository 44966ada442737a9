{# 1 = Monday ... 7 = Sunday. #}
{% macro iso_weekday(date) %}{{ return(adapter.dispatch('iso_weekday')(date)) }}{% endmacro %}

{% macro default__iso_weekday(date) -%} cast(isodow({{ date }}) as int) {%- endmacro %}

{% macro spark__iso_weekday(date) -%} weekday({{ date }}) + 1 {%- endmacro %}
