with

arrivals as (

    select * from {{ ref('fct_stage_arrivals') }} where stage != 'visitor'

),

targets as (

    select * from {{ ref('fct_targets') }}

),

dates as (

    select * from {{ ref('dim_dates') }}

),

counted as (

    select
        stage as metric,
        cast(date_trunc('month', arrival_date) as date) as month_start,
        segment_type,
        segment_value,
        sum(arrivals) as actual
    from arrivals
    group by 1, 2, 3, 4

),

monthly_targets as (

    select
        case when metric = 'leads_generated' then 'lead' else metric end as metric,
        period_start_date as month_start,
        segment_type,
        segment_value,
        max(target_value) as target_value
    from targets
    where
        metric in (
            'leads_generated',
            {%- for stage in main_stages() %}
            '{{ stage }}'{{ ',' if not loop.last }}
            {%- endfor %}
        )
        and period_start_date = date_trunc('month', period_start_date)
        and period_end_date = last_day(period_start_date)
    group by 1, 2, 3, 4

),

months as (

    select
        month_start_date as month_start,
        count(*) filter (where is_working_day) as working_days,
        count(*) filter (where is_working_day and is_elapsed) as elapsed_working_days,
        bool_or(is_elapsed) as has_begun,
        bool_and(is_elapsed) as is_complete
    from dates
    group by 1

),

calendar as (

    select
        *,
        lag(working_days) over (order by month_start) as previous_working_days
    from months

),

-- the whole and each channel have every month up to as_of, so that a month without any shows as zero
cuts as (

    select distinct
        segment_type,
        segment_value
    from counted
    where segment_type in ('all', 'channel')

),

metrics as (

    {%- for stage in main_stages() %}
    select '{{ stage }}' as metric
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

scaffold as (

    select
        metric,
        month_start,
        segment_type,
        segment_value
    from counted
    union
    select
        metric,
        month_start,
        segment_type,
        segment_value
    from monthly_targets
    union
    select
        metrics.metric,
        calendar.month_start,
        cuts.segment_type,
        cuts.segment_value
    from cuts
    cross join metrics
    inner join calendar
        on calendar.has_begun and calendar.month_start >= (select min(counted.month_start) from counted)

),

paced as (

    select
        scaffold.metric,
        scaffold.segment_type,
        scaffold.segment_value,
        cast(coalesce(counted.actual, 0) as double) as actual,
        calendar.working_days,
        calendar.elapsed_working_days,
        calendar.previous_working_days,
        monthly_targets.target_value,
        monthly_targets.target_value
        * calendar.elapsed_working_days / nullif(cast(calendar.working_days as double), 0) as target_so_far,
        case
            when calendar.is_complete then 0.0
            else
                (calendar.working_days - calendar.elapsed_working_days)
                / nullif(cast(calendar.elapsed_working_days as double), 0)
        end as ratio_to_come,
        calendar.is_complete,
        scaffold.month_start
    from scaffold
    inner join calendar on scaffold.month_start = calendar.month_start
    left join counted
        on
            scaffold.metric = counted.metric
            and scaffold.month_start = counted.month_start
            and scaffold.segment_type = counted.segment_type
            and scaffold.segment_value = counted.segment_value
    left join monthly_targets
        on
            scaffold.metric = monthly_targets.metric
            and scaffold.month_start = monthly_targets.month_start
            and scaffold.segment_type = monthly_targets.segment_type
            and scaffold.segment_value = monthly_targets.segment_value

),

final as (

    select
        metric,
        segment_type,
        segment_value,
        cast(actual as bigint) as actual,
        cast(working_days as int) as working_days,
        cast(elapsed_working_days as int) as elapsed_working_days,
        cast(previous_working_days as int) as previous_working_days,
        actual / nullif(elapsed_working_days, 0) as per_working_day,
        (nullif(previous_working_days, 0) - working_days) / nullif(cast(working_days as double), 0)
            as required_change,
        target_value,
        target_so_far,
        actual / nullif(target_so_far, 0) as target_pace,
        actual * (1 + ratio_to_come) as projection,
        case when ratio_to_come is not null then {{ prediction_low('actual', 'ratio_to_come') }} end as projection_low,
        case when ratio_to_come is not null then {{ prediction_high('actual', 'ratio_to_come') }} end
            as projection_high,
        is_complete as is_month_complete,
        month_start as month_start_date
    from paced

)

select * from final
