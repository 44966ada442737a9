{# The reverse funnel, from the deal up: each stage of a plan and the one that it feeds. #}
{% macro plan_steps() %}
    {{ return({'sql': 'customer', 'mql': 'sql', 'lead': 'mql', 'visitor': 'lead'}) }}
{% endmacro %}
