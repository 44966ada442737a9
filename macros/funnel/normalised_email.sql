{# The address that identifies a person: trimmed, lower case; null where the text is not an address. #}
{% macro normalised_email(expression) -%}
    case
        when {{ full_match('lower(trim(' ~ expression ~ '))', '[^@ ]+@[^@ ]+[.][^@ ]+') }}
            then lower(trim({{ expression }}))
    end
{%- endmacro %}
