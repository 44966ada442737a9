{# The word that a status is looked up by in the stage map: lower case, underscores as spaces. #}
{% macro normalised_status(expression) -%}
    lower(trim(replace({{ expression }}, '_', ' ')))
{%- endmacro %}
