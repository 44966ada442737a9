{# True where a text stands in the relation `operator` to the value of a rule (see the seed `scoring_rules`). Words are
   compared without case, the others as numbers; what is unknown (null) matches nothing, not even `not_in`. #}
{% macro rule_matches(operator, actual, expected) -%}
    {{ actual }} is not null
    and case {{ operator }}
        when 'equals' then lower({{ actual }}) = lower({{ expected }})
        when 'in' then array_contains(split(lower({{ expected }}), ';'), lower({{ actual }}))
        when 'not_in' then not array_contains(split(lower({{ expected }}), ';'), lower({{ actual }}))
        when 'between'
            then try_cast({{ actual }} as double) >= try_cast(split_part({{ expected }}, ';', 1) as double)
                and try_cast({{ actual }} as double) <= try_cast(split_part({{ expected }}, ';', 2) as double)
        when 'greater_than' then try_cast({{ actual }} as double) > try_cast({{ expected }} as double)
        when 'less_than' then try_cast({{ actual }} as double) < try_cast({{ expected }} as double)
    end
{%- endmacro %}
