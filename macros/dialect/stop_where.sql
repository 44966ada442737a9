{# A condition for `having` that is false where the other one is not true, and stops the statement with a message where it
   is. In a select list the engine may leave it out: dbt only counts a test's rows. #}
{% macro stop_where(condition, message) %}{{ return(adapter.dispatch('stop_where')(condition, message)) }}{% endmacro %}

{% macro default__stop_where(condition, message) -%}
    case when {{ condition }} then cast(error({{ message }}) as boolean) else false end
{%- endmacro %}

{% macro spark__stop_where(condition, message) -%}
    case when {{ condition }} then cast(raise_error({{ message }}) as boolean) else false end
{%- endmacro %}
