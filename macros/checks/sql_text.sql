{# A text as a literal of SQL, whatever quotes it has. #}
{% macro sql_text(text) -%}
    {{ dbt.string_literal(dbt.escape_single_quotes(text | string)) }}
{%- endmacro %}
