{# The metrics of the catalogue that MetricFlow knows: those with a Spanish name, in order of name. Empty while parsing. #}
{% macro catalogued_metrics(types=['simple', 'ratio', 'cumulative', 'derived']) %}
    {% set found = [] %}
    {% for metric in (graph.metrics.values() if execute else []) | sort(attribute='name') %}
        {% if 'label_es' in metric.config.meta and metric.type in types %}
            {% do found.append(metric) %}
        {% endif %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}
