{# A table is replaced within one transaction. dbt-duckdb builds it beside the old one and renames both, for readers that
   query meanwhile; nobody reads the work database, and for the small tables of this project the renames cost more
   than the models. #}
{% materialization table, adapter='duckdb' %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set table = this.incorporate(type='table') -%}

    {{ run_hooks(pre_hooks) }}
    {% call statement('main') -%}
        {% if existing is not none %}drop {{ existing.type }} {{ existing }};{% endif %}
        {{ create_table_as(false, table, compiled_code) }}
    {%- endcall %}
    {% do persist_docs(table, model) %}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}

    {{ return({'relations': [table]}) }}
{% endmaterialization %}
