{# Budget, authority, need and timeline: the columns of an assessment. #}
{% macro bant_letters() %}
    {{ return(['has_budget', 'has_authority', 'has_need', 'has_timeline']) }}
{% endmacro %}
