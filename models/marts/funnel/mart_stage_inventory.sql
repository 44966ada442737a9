{% set cut_by = ['channel'] %}
{% set age_limits = {'over_7': 7, 'over_30': 30, 'over_90': 90, 'over_horizon': 'horizon_days'} %}

with

stints as (

    select
        *,
        {{ reporting_date('exited_at') }} as exited_date
    from {{ ref('fct_stage_stints') }}

),

stages as (

    select * from {{ ref('dim_stages') }}

),

horizons as (

    select * from {{ ref('conversion_horizons') }}

),

dates as (

    select * from {{ ref('dim_dates') }} where is_elapsed

),

ordered_stages as (

    select
        *,
        lead(stage) over (partition by is_side order by ordinal nulls last, stage) as next_stage
    from stages

),

stage_horizons as (

    select
        ordered_stages.stage,
        ordered_stages.section,
        horizons.horizon_days
    from ordered_stages
    left join horizons
        on ordered_stages.stage = horizons.from_stage and ordered_stages.next_stage = horizons.to_stage

),

moves as (

    select
        stints.stage,
        stints.channel,
        stints.entered_date,
        stints.exited_date,
        stage_horizons.horizon_days,
        {{ dbt.datediff("date '2000-01-01'", 'stints.entered_date', 'day') }} as entered_day_number
    from stints
    inner join stage_horizons on stints.stage = stage_horizons.stage

),

-- What changes on a day, never who is there on it: a stint is in stock between two changes, and is older than a limit
-- from the day on which it passes it. So the cost is a handful of passes over the stints, whatever the number of days.
changes as (

    select entered_date as date_day, stage, channel, 'inflow' as measure, count(*) as change
    from moves
    group by entered_date, stage, channel

    union all

    select exited_date as date_day, stage, channel, 'outflow' as measure, count(*) as change
    from moves
    where exited_date is not null
    group by exited_date, stage, channel

    union all

    select entered_date as date_day, stage, channel, 'day_numbers' as measure, sum(entered_day_number) as change
    from moves
    group by entered_date, stage, channel

    union all

    select exited_date as date_day, stage, channel, 'day_numbers' as measure, -sum(entered_day_number) as change
    from moves
    where exited_date is not null
    group by exited_date, stage, channel

    {% for measure, limit in age_limits.items() %}
    union all

    select
        cast(entered_date + ({{ limit }} + 1) * interval '1 day' as date) as date_day,
        stage,
        channel,
        '{{ measure }}' as measure,
        count(*) as change
    from moves
    where {{ dbt.datediff('entered_date', "coalesce(exited_date, date '9999-12-31')", 'day') }} > {{ limit }}
    group by cast(entered_date + ({{ limit }} + 1) * interval '1 day' as date), stage, channel

    union all

    select exited_date as date_day, stage, channel, '{{ measure }}' as measure, -count(*) as change
    from moves
    where {{ dbt.datediff('entered_date', 'exited_date', 'day') }} > {{ limit }}
    group by exited_date, stage, channel

    {% endfor %}
),

daily as (

    select
        {{ segment_type(cut_by) }} as segment_type,
        {{ segment_value(cut_by) }} as segment_value,
        stage,
        date_day,
        {%- for measure in ['inflow', 'outflow', 'day_numbers'] + (age_limits | list) %}
        sum(case when measure = '{{ measure }}' then change else 0 end) as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from changes
    group by {{ segment_grouping_sets(['stage', 'date_day'], cut_by) }}

),

scaffold as (

    select
        segments.segment_type,
        segments.segment_value,
        stages.stage,
        dates.date_day
    from (select distinct segment_type, segment_value from daily) as segments
    cross join stages
    inner join dates on dates.date_day >= (select min(daily.date_day) from daily)

),

stock as (

    select
        scaffold.segment_type,
        scaffold.segment_value,
        scaffold.stage,
        scaffold.date_day,
        coalesce(daily.inflow, 0) as inflow,
        coalesce(daily.outflow, 0) as outflow,
        sum(coalesce(daily.inflow, 0) - coalesce(daily.outflow, 0)) over days_so_far as closing,
        {%- for measure in ['day_numbers'] + (age_limits | list) %}
        sum(coalesce(daily.{{ measure }}, 0)) over days_so_far as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from scaffold
    left join daily
        on
            scaffold.segment_type = daily.segment_type
            and scaffold.segment_value = daily.segment_value
            and scaffold.stage = daily.stage
            and scaffold.date_day = daily.date_day
    window
        days_so_far as (
            partition by scaffold.segment_type, scaffold.segment_value, scaffold.stage
            order by scaffold.date_day
            rows between unbounded preceding and current row
        )

),

-- a median needs each age, so it is taken on the last day of each month alone: a row per stint and month that it lasts
month_ends as (

    select
        year_number * 12 + month_number as month_index,
        max(date_day) as date_day
    from dates
    group by year_number * 12 + month_number

),

last_months as (

    select max(month_index) as month_index from month_ends

),

stint_months as (

    select
        moves.*,
        {{ explode_integers(
            'year(entered_date) * 12 + month(entered_date)',
            'coalesce(year(exited_date) * 12 + month(exited_date), last_months.month_index)'
        ) }} as month_index
    from moves
    cross join last_months

),

ages as (

    select
        stint_months.stage,
        stint_months.channel,
        month_ends.date_day,
        {{ dbt.datediff('stint_months.entered_date', 'month_ends.date_day', 'day') }} as age_days
    from stint_months
    inner join month_ends on stint_months.month_index = month_ends.month_index
    where stint_months.exited_date is null or stint_months.exited_date > month_ends.date_day

),

medians as (

    select
        {{ segment_type(cut_by) }} as segment_type,
        {{ segment_value(cut_by) }} as segment_value,
        stage,
        date_day,
        median(age_days) as median_age_days
    from ages
    group by {{ segment_grouping_sets(['stage', 'date_day'], cut_by) }}

),

final as (

    select
        stock.date_day,
        stock.segment_type,
        stock.segment_value,
        stock.stage,
        stage_horizons.section,
        cast(stage_horizons.horizon_days as int) as horizon_days,
        cast(
            coalesce(lag(stock.closing) over (
                partition by stock.segment_type, stock.segment_value, stock.stage order by stock.date_day
            ), 0) as bigint
        ) as opening_count,
        cast(stock.inflow as bigint) as inflow_count,
        cast(stock.outflow as bigint) as outflow_count,
        cast(stock.closing as bigint) as closing_count,
        cast(stock.closing - stock.over_7 as bigint) as age_0_to_7_count,
        cast(stock.over_7 - stock.over_30 as bigint) as age_8_to_30_count,
        cast(stock.over_30 - stock.over_90 as bigint) as age_31_to_90_count,
        cast(stock.over_90 as bigint) as age_over_90_count,
        case when stage_horizons.horizon_days is not null then cast(stock.over_horizon as bigint) end as aged_count,
        case
            when stage_horizons.horizon_days is not null
                then cast(stock.over_horizon as double) / nullif(cast(stock.closing as double), 0)
        end as aged_rate,
        cast(
            stock.closing * {{ dbt.datediff("date '2000-01-01'", 'stock.date_day', 'day') }} - stock.day_numbers as double
        ) / nullif(cast(stock.closing as double), 0) as mean_age_days,
        cast(medians.median_age_days as double) as median_age_days,
        {{ is_small_n('stock.closing') }} as is_small_n
    from stock
    inner join stage_horizons on stock.stage = stage_horizons.stage
    left join medians
        on
            stock.segment_type = medians.segment_type
            and stock.segment_value = medians.segment_value
            and stock.stage = medians.stage
            and stock.date_day = medians.date_day

)

select * from final
