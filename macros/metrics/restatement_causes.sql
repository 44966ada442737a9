{# Why a published value may have moved, the surest cause first: of two with as many records, the first one is named. #}
{% macro restatement_causes() %}
    {{ return(['erasure', 'merge', 'late_data', 'rule_change', 'code_change', 'maturity', 'unexplained']) }}
{% endmacro %}
