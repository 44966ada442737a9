{# The columns of the contract that name a record of another table, as {table, column, refers_to}: `meta.references` of the
   tables. One of them while dbt parses, when its yml is not readable yet. #}
{% macro references() %}
    {% set found = [] %}
    {% for table_name in contract_tables() %}
        {% for column, refers_to in (contract(table_name) or {}).get('references', {}).items() %}
            {% do found.append({'table': table_name, 'column': column, 'refers_to': refers_to}) %}
        {% endfor %}
    {% endfor %}
    {{ return(found or [{'table': 'orders', 'column': 'lead_id', 'refers_to': 'leads'}]) }}
{% endmacro %}

{# An id without what tools change about it: capitals, leading zeros, the ".0" of a column that was read as numbers. #}
{% macro spelled_id(expression) -%}
    trim(leading '0' from lower(
        case
            when right({{ expression }}, 2) = '.0' then substr({{ expression }}, 1, length({{ expression }}) - 2)
            else {{ expression }}
        end
    ))
{%- endmacro %}
