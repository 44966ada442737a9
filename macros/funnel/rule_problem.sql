{# Why a rule about an attribute of the lead could never match, for the one who wrote it; null = it can. #}
{% macro rule_problem(subject, operator, expected) -%}
    case
        when {{ subject }} not in ('{{ fit_attributes() | join("', '") }}')
            then 'subject is not an attribute of a lead (macro fit_attributes)'
        when {{ operator }} is null or {{ expected }} is null
            then 'operator or value is missing'
        when {{ operator }} = 'between'
            and (
                try_cast(split_part({{ expected }}, ';', 1) as double) is null
                or try_cast(split_part({{ expected }}, ';', 2) as double) is null
            )
            then 'value is not two numbers, low;high'
        when {{ operator }} in ('greater_than', 'less_than') and try_cast({{ expected }} as double) is null
            then 'value is not a number'
    end
{%- endmacro %}
