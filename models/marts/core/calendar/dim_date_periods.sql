with

days as (

    select * from {{ ref('dim_dates') }} where is_elapsed

),

final as (

    select
        date_day,
        'month' as period_type,
        month_start_date as period_start_date,
        last_day(month_start_date) as period_end_date
    from days
    union all
    select
        date_day,
        'quarter' as period_type,
        quarter_start_date as period_start_date,
        {{ end_of_period('quarter', 'quarter_start_date') }} as period_end_date
    from days
    union all
    select
        date_day,
        'year' as period_type,
        year_start_date as period_start_date,
        {{ end_of_period('year', 'year_start_date') }} as period_end_date
    from days
    union all
    select
        date_day,
        'all' as period_type,
        min(date_day) over () as period_start_date,
        max(date_day) over () as period_end_date
    from days

)

select * from final
