{# An id of Salesforce in its 15 characters. The form of 18 ends in a checksum, which says in which of the 15 the capitals
   stand: an id that does not fit its checksum is another system's, and stays as it is. #}
{% macro salesforce_id(expression) -%}
    case
        when
            {{ full_match(expression, '[0-9A-Za-z]{18}') }}
            and substr({{ expression }}, 16, 3) = (
                {%- for chunk in range(3) %}
                substr(
                    'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345',
                    1{% for place in range(5) %} + case when substr({{ expression }}, {{ 5 * chunk + place + 1 }}, 1) between 'A' and 'Z' then {{ 2 ** place }} else 0 end{% endfor %},
                    1
                ){{ ' ||' if not loop.last }}
                {%- endfor %}
            )
            then substr({{ expression }}, 1, 15)
        else {{ expression }}
    end
{%- endmacro %}
