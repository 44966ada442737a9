{# The simple metrics whose members are kept: those of the catalogue, and what the ratios of the catalogue are made of.
   A dict by name, each with the node of its semantic model and its measure. Empty while parsing. #}
{% macro simple_metrics() %}
    {% set names = [] %}
    {% for metric in catalogued_metrics(['simple']) %}
        {% do names.append(metric.name) %}
    {% endfor %}
    {% for metric in catalogued_metrics(['ratio']) %}
        {% do names.extend(ratio_parts(metric).values()) %}
    {% endfor %}
    {% set measures = {} %}
    {% for semantic_model in (graph.semantic_models.values() if execute else []) %}
        {% for measure in semantic_model.measures %}
            {% do measures.update({measure.name: {'semantic_model': semantic_model, 'measure': measure}}) %}
        {% endfor %}
    {% endfor %}
    {% set found = {} %}
    {% for metric in (graph.metrics.values() if execute else []) | sort(attribute='name') if metric.name in names %}
        {% do found.update({metric.name: measures[metric.type_params.measure.name]}) %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}

{# Names of the simple metrics that a ratio is made of: numerator, denominator and, where it is over a cohort that has to
   ripen (meta `cohort`), all of that; where members may be of the numerator unknown to all (meta `unknown`), those. #}
{% macro ratio_parts(metric) %}
    {% set parts = {
        'numerator': metric.type_params.numerator.name,
        'denominator': metric.type_params.denominator.name,
    } %}
    {% for role in ['cohort', 'unknown'] if metric.config.meta[role] %}
        {% do parts.update({role: metric.config.meta[role]}) %}
    {% endfor %}
    {{ return(parts) }}
{% endmacro %}

{# The segments that all the given semantic models are cut by. #}
{% macro shared_segments(semantic_models) %}
    {% set found = segments() | list %}
    {% for semantic_model in semantic_models %}
        {% for segment in segments() if segment not in semantic_model.dimensions | map(attribute='name') %}
            {% if segment in found %}{% do found.remove(segment) %}{% endif %}
        {% endfor %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}
