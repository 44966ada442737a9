{# The descriptions of all columns in one statement. dbt-duckdb's own macro asks first which columns there are: the
   contracts of the models have them all. #}
{% macro duckdb__alter_column_comment(relation, column_dict) -%}
    {% for name, column in column_dict.items() %}
    comment on column {{ relation }}.{{ adapter.quote(name) }} is {{ duckdb_escape_comment(column.description) }};
    {% endfor %}
{%- endmacro %}
