{# Each elapsed day with the periods that it belongs to: month, quarter, year, and `all` (everything since the first day
   of dim_dates). One join on the day then gives a record to all of its periods. `dates` is a relation of dim_dates. #}
{% macro days_of_periods(dates) -%}
    {%- for period_type in ['month', 'quarter', 'year', 'all'] %}
    select
        date_day,
        '{{ period_type }}' as period_type,
        {%- if period_type == 'all' %}
        min(date_day) over () as period_start,
        max(date_day) over () as period_end
        {%- else %}
        cast(date_trunc('{{ period_type }}', date_day) as date) as period_start,
        cast(date_trunc('{{ period_type }}', date_day) + interval '1 {{ period_type }}' - interval '1 day' as date)
            as period_end
        {%- endif %}
    from {{ dates }}
    where is_elapsed
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
