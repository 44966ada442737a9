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
        last_day(cast(quarter_start_date + interval '2 months' as date)) as period_end_date
    from days
    union all
    select
        date_day,
        'year' as period_type,
        cast(date_trunc('year', date_day) as date) as period_start_date,
        last_day(cast(date_trunc('year', date_day) + interval '11 months' as date)) as period_end_date
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
