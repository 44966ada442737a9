{# An amount in the reporting currency, with the rate in force (a row of int_fx_rates, joined on the event's date).
   Null where there is no rate: the test `assert_every_amount_has_a_rate` stops the build then. #}
{% macro to_reporting_currency(amount, rate) -%}
    cast(round({{ amount }} * {{ rate }}, 2) as decimal(18, 2))
{%- endmacro %}
