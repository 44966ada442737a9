{# The first day of the month, quarter or year of a day. Years, and the quarters in them, begin with the month of the var
   `fiscal_year_start_month`. #}
{% macro start_of_period(period_type, date) -%}
    {%- set first_month = var('fiscal_year_start_month') | int -%}
    {%- if first_month < 1 or first_month > 12 -%}
        {{ exceptions.raise_compiler_error(
            "The var fiscal_year_start_month is " ~ var('fiscal_year_start_month') ~ ", not a month from 1 to 12."
        ) }}
    {%- endif -%}
    {%- if period_type == 'month' or first_month == 1 -%}
    cast(date_trunc('{{ period_type }}', {{ date }}) as date)
    {%- else -%}
    {%- set shift = "interval '" ~ (first_month - 1) ~ " months'" -%}
    cast(date_trunc('{{ period_type }}', date_trunc('month', {{ date }}) - {{ shift }}) + {{ shift }} as date)
    {%- endif -%}
{%- endmacro %}

{# The last day of the month, quarter or year that begins on a day. #}
{% macro end_of_period(period_type, start) -%}
    {%- set months_after = {'month': 0, 'quarter': 2, 'year': 11}[period_type] -%}
    {%- if months_after -%}
    last_day(cast({{ start }} + interval '{{ months_after }} months' as date))
    {%- else -%}
    last_day({{ start }})
    {%- endif -%}
{%- endmacro %}

{# The kind of period that two days are the first and the last of; null where they are of none. #}
{% macro period_of(start, end) -%}
    case
        {%- for period_type in ['month', 'quarter', 'year'] %}
        when
            {{ start }} = {{ start_of_period(period_type, start) }}
            and {{ end }} = {{ end_of_period(period_type, start) }}
            then '{{ period_type }}'
        {%- endfor %}
    end
{%- endmacro %}
