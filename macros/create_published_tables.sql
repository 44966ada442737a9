{# Makes the tables of the source `published` that nothing was copied into (orchestration/build/previous_release.py), empty: a plain
   `dbt build` of a work database that `funnel build` never saw has no release to compare with. #}
{% macro create_published_tables() %}
    {% if execute and flags.WHICH in ['build', 'run', 'test', 'run-operation'] and target.name != 'serve' %}
        {% do run_query('create schema if not exists published') %}
        {% for source in graph.sources.values() if source.source_name == 'published' %}
            {% set columns = [] %}
            {% for column in source.columns.values() %}{% do columns.append(column.name ~ ' ' ~ column.data_type) %}{% endfor %}
            {% do run_query('create table if not exists published.' ~ source.name ~ ' (' ~ columns | join(', ') ~ ')') %}
        {% endfor %}
    {% endif %}
{% endmacro %}
