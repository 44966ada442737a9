{# Kaplan-Meier survival (1958): the product of 1 - d / n over the moments at which d of n at risk have the event. In an
   aggregate, or with `over` as a running one. Where all have it nobody is left: exp(-1000) is 0. #}
{% macro kaplan_meier_survival(events, at_risk, over='') -%}
    exp(
        sum(
            case
                when {{ events }} = 0 then 0.0
                when {{ events }} < {{ at_risk }} then ln(1 - cast({{ events }} as double) / cast({{ at_risk }} as double))
                else -1000.0
            end
        ) {{ over }}
    )
{%- endmacro %}

{# Greenwood's sum (1926) of d / (n (n - d)) over the same moments, for the interval of greenwood_low and greenwood_high. #}
{% macro greenwood_sum(events, at_risk, over='') -%}
    sum(
        case
            when {{ events }} > 0 and {{ events }} < {{ at_risk }}
                then cast({{ events }} as double)
                    / (cast({{ at_risk }} as double) * cast({{ at_risk }} - {{ events }} as double))
            else 0.0
        end
    ) {{ over }}
{%- endmacro %}
