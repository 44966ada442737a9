{# Names of the sources that are on and fill the canonical table.

   A source fills the tables for which its folder has a model `stg_<source>__<table>`. dbt needs that while it parses,
   before it knows its models, so `funnel` looks into the folders and passes them with the var:
   `lead_sources: {acme: leads orders}`. A list of names alone says that each fills every table, as `files` does. Vars are
   what dbt parses everything again for: a mapping that is added is never overlooked by partial parsing. #}
{% macro sources_of(table_name) %}
    {% set sources = var('lead_sources') %}
    {% set names = [] %}
    {% for source_name in sources %}
        {% if sources is not mapping and source_name != 'files' %}
            {{ exceptions.raise_compiler_error(
                "dbt does not know which tables the source '" ~ source_name ~ "' fills. `funnel build` tells it; other commands take "
                ~ "the names of its models as --vars '{lead_sources: {" ~ source_name ~ ": leads orders}}'."
            ) }}
        {% endif %}
        {% if sources is not mapping or table_name in sources[source_name].split() %}
            {% do names.append(source_name) %}
        {% endif %}
    {% endfor %}
    {{ return(names) }}
{% endmacro %}
