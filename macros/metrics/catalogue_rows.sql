{# The rows of the catalogue, in order of name: the metrics that MetricFlow knows, and those that a column of a mart declares
   (meta `metric`) because no sum or ratio of a fact gives them. Empty while parsing. #}
{% macro catalogue_rows() %}
    {% set found = [] %}
    {% set cuts = {} %}
    {% for part in metric_parts() %}{% do cuts.update({part.metric: part.cut_by | join(', ')}) %}{% endfor %}
    {% for metric in catalogued_metrics() %}
        {% set row = {
            'metric': metric.name,
            'kind': metric.type,
            'label': metric.label,
            'description': metric.description,
            'grain': 'period x ' ~ (cuts[metric.name] or 'what its facts are cut by'),
        } %}
        {% do row.update(metric.config.meta) %}
        {% if metric.type == 'ratio' %}
            {% set parts = ratio_parts(metric) %}
            {% do row.update({'numerator_metric': parts.numerator, 'denominator_metric': parts.denominator}) %}
        {% endif %}
        {% do found.append(row) %}
    {% endfor %}
    {% for node in (graph.nodes.values() if execute else []) if node.resource_type == 'model' %}
        {% for column in node.columns.values() if column.config.meta.metric %}
            {% set row = {
                'kind': 'mart',
                'answered_by': node.name ~ '.' ~ column.name,
                'grain': node.description.split('.')[0].split(':')[0],
                'owner': node.config.meta.owner,
            } %}
            {% do row.update(column.config.meta.metric) %}
            {% do found.append(row) %}
        {% endfor %}
    {% endfor %}
    {{ return(found | sort(attribute='metric')) }}
{% endmacro %}
