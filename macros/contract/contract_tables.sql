{# Names of the canonical tables, in the contract's order. #}
{% macro contract_tables() %}
    {{ return(var('source_tables')['files']) }}
{% endmacro %}
