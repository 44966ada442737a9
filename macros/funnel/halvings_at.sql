{# What the clock of a scoring rule shows at a moment: how often points have halved since the rule came into being.
   `terms` is a row of int_scoring_terms that holds at the moment. #}
{% macro halvings_at(terms, moment) -%}
    {{ terms }}.halvings_before
    + {{ terms }}.halvings_per_day * cast({{ seconds_between(terms ~ '.holds_from', moment) }} as double) / 86400
{%- endmacro %}
