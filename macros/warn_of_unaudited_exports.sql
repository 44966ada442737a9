{# Says before a plain `dbt build` that a newest whole export deletes nothing yet: only the audit of `funnel build` lets it. #}
{% macro warn_of_unaudited_exports() %}
    {% if execute and flags.WHICH in ['build', 'run'] and target.name != 'serve' %}
        {% for table in landed_tables() if table.load == 'whole_export' %}
            {% set newest = run_query(
                "select source_file, may_delete from raw_" ~ table.source_name ~ ".landed_files where table_name = '" ~ table.name
                ~ "' and error is null order by loaded_at desc, source_file desc limit 1"
            ) %}
            {% for source_file, may_delete in newest.rows if not may_delete %}
                {% do exceptions.warn(
                    "The newest whole export of " ~ table.source_name ~ "." ~ table.name ~ ", " ~ source_file ~ ", was not audited "
                    ~ "yet. It deletes nothing: what it lacks stays in the facts. `funnel build` audits it."
                ) %}
            {% endfor %}
        {% endfor %}
    {% endif %}
{% endmacro %}
