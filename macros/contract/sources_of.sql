{# Names of the sources that are on and map the canonical table. #}
{% macro sources_of(table_name) %}
    {% set names = [] %}
    {% for source_name in var('lead_sources') %}
        {% if source_name not in var('source_tables') %}
            {{ exceptions.raise_compiler_error(
                "The source '" ~ source_name ~ "' is on (var lead_sources) but not listed under the var source_tables."
            ) }}
        {% endif %}
        {% if table_name in var('source_tables')[source_name] %}{% do names.append(source_name) %}{% endif %}
    {% endfor %}
    {{ return(names) }}
{% endmacro %}
