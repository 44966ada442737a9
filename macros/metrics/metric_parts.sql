{# Which simple metrics the counts, sums and ratios of the catalogue are made of, each with the role that it has there (numerator,
   denominator, cohort, unknown) and the segments that all of the metric's facts are cut by. #}
{% macro metric_parts() %}
    {% set simple = simple_metrics() %}
    {% set found = [] %}
    {% for metric in catalogued_metrics(['simple', 'ratio']) %}
        {% set parts = ratio_parts(metric) if metric.type == 'ratio' else {'numerator': metric.name} %}
        {% set semantic_models = [] %}
        {% for name in parts.values() %}{% do semantic_models.append(simple[name].semantic_model) %}{% endfor %}
        {% for role, name in parts.items() %}
            {% do found.append({
                'metric': metric.name,
                'name': name,
                'role': role,
                'unit': metric.config.meta.unit,
                'is_ratio': 'true' if metric.type == 'ratio' else 'false',
                'rests_on_costs': 'true' if 'costs' in (metric.config.meta.rests_on or []) else 'false',
                'cut_by': ['all'] + shared_segments(semantic_models),
            }) %}
        {% endfor %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}
