{% macro source_is_on(source_name) %}
    {{ return(source_name in var('lead_sources')) }}
{% endmacro %}
