{# The descriptions of a table and of all its columns in one statement. dbt's own macros ask twice first which columns
   there are: the contracts of the models have them all. #}
{% macro duckdb__persist_docs(relation, model, for_relation, for_columns) -%}
    {% set comments %}
    {% if for_relation and config.persist_relation_docs() and model.description %}
    {{ duckdb__alter_relation_comment(relation, model.description) }}
    {% endif %}
    {% for name, column in (model.columns if for_columns and config.persist_column_docs() else {}).items() %}
    comment on column {{ relation }}.{{ adapter.quote(name) }} is {{ duckdb_escape_comment(column.description) }};
    {% endfor %}
    {% endset %}
    {% if comments | trim %} {% do run_query(comments) %} {% endif %}
{%- endmacro %}
