{# Whole months from one date to another: a month is over on the day of the month on which it began, or on the first day
   of the next month where that day does not exist (31 January: on 1 March). Not interval arithmetic, which ends months
   early and would put one day in two of them. Null where a date is. #}
{% macro elapsed_months(start_date, stop_date) -%}
    (
        (year({{ stop_date }}) - year({{ start_date }})) * 12 + month({{ stop_date }}) - month({{ start_date }})
        - case when day({{ stop_date }}) < day({{ start_date }}) then 1 else 0 end
    )
{%- endmacro %}

{# The number of a calendar month, such that neighbours differ by 1. #}
{% macro month_index(date) -%}
    (year({{ date }}) * 12 + month({{ date }}))
{%- endmacro %}
