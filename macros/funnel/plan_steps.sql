{# The reverse funnel, from the deal up: each stage of a plan and the one that it feeds. #}
{% macro plan_steps() %}
    {{ return({'sql': 'customer', 'mql': 'sql', 'lead': 'mql', 'visitor': 'lead'}) }}
{% endmacro %}

{# Its scenarios, and the end of each rate's interval that they go by. #}
{% macro plan_scenarios() %}
    {{ return({'low': '_low', 'expected': '', 'high': '_high'}) }}
{% endmacro %}
