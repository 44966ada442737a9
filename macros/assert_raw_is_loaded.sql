{# Says what to do when `dbt build` runs before anything was loaded, instead of a missing-table error per model. #}
{% macro assert_raw_is_loaded() %}
    {% if execute and flags.WHICH in ['build', 'run', 'test'] and target.name != 'serve' %}
        {% for source_name in var('lead_sources') if not adapter.check_schema_exists(target.database, 'raw_' ~ source_name) %}
            {{ exceptions.raise_compiler_error(
                "Nothing was loaded yet for source '" ~ source_name ~ "' (no schema raw_" ~ source_name
                ~ " in the warehouse). Run `funnel load` first, or `funnel build`, which loads and builds."
            ) }}
        {% endfor %}
    {% endif %}
{% endmacro %}
