{# an order or an expected date may be written ahead of its day #}
{% set written = {
    'leads': ['created_at', 'updated_at'],
    'lead_status_changes': ['changed_at'],
    'activities': ['occurred_at'],
    'opportunities': ['created_at', 'updated_at', 'closed_at'],
} %}

with

written as (
    {% for table_name, columns in written.items() %}
    {% set table_loop = loop %}
    {% for column in columns %}
    select
        cast({{ column }} as date) as date_day,
        count(*) as moments,
        min({{ column }}) as first_at,
        max({{ column }}) as last_at
    from {{ ref('int_' ~ table_name ~ '_versioned') }}
    where _outcome = 'staged' and {{ is_written(table_name, column) }}
    group by 1
    {{ 'union all' if not (loop.last and table_loop.last) }}
    {% endfor %}
    {% endfor %}
),

days as (

    select
        date_day,
        sum(moments) as moments,
        min(first_at) as first_at,
        max(last_at) as last_at
    from written
    group by 1

),

numbered as (

    select
        *,
        lag(date_day) over (order by date_day) as day_before,
        sum(moments) over (order by date_day rows between unbounded preceding and current row) - moments
            as moments_before,
        sum(moments) over () as all_moments
    from days

),

final as (

    select
        date_day,
        cast(moments as bigint) as moments,
        cast(moments_before as bigint) as moments_before,
        cast(all_moments as bigint) as all_moments,
        {{ dbt.datediff('day_before', 'date_day', 'day') }} as gap_days,
        first_at,
        last_at
    from numbered

)

select * from final
