{% set cut_by = ['channel'] %}

with

changes as (

    select * from {{ ref('fct_stock_changes') }}

),

stints as (

    select
        *,
        {{ reporting_date('exited_at') }} as exited_date
    from {{ ref('fct_stage_stints') }}

),

stage_horizons as (

    select * from {{ ref('dim_stage_horizons') }}

),

dates as (

    select * from {{ ref('dim_dates') }} where is_elapsed

),

daily as (

    select
        {{ segment_type(cut_by) }} as segment_type,
        {{ segment_value(cut_by) }} as segment_value,
        stage,
        date_day,
        sum(inflow_count) as inflow,
        sum(outflow_count) as outflow,
        sum(day_numbers_change) as day_numbers,
        sum(over_7_change) as over_7,
        sum(over_30_change) as over_30,
        sum(over_90_change) as over_90,
        sum(over_horizon_change) as over_horizon
    from changes
    group by {{ segment_grouping_sets(['stage', 'date_day'], cut_by) }}

),

scaffold as (

    select
        segments.segment_type,
        segments.segment_value,
        stage_horizons.stage,
        dates.date_day
    from (select distinct segment_type, segment_value from daily) as segments
    cross join stage_horizons
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
        sum(coalesce(daily.day_numbers, 0)) over days_so_far as day_numbers,
        sum(coalesce(daily.over_7, 0)) over days_so_far as over_7,
        sum(coalesce(daily.over_30, 0)) over days_so_far as over_30,
        sum(coalesce(daily.over_90, 0)) over days_so_far as over_90,
        sum(coalesce(daily.over_horizon, 0)) over days_so_far as over_horizon
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
        {{ month_index('date_day') }} as month_index,
        max(date_day) as date_day
    from dates
    group by {{ month_index('date_day') }}

),

last_months as (

    select max(month_index) as month_index from month_ends

),

stint_months as (

    select
        stints.*,
        {{ explode_integers(
            month_index('stints.entered_date'),
            'coalesce(' ~ month_index('stints.exited_date') ~ ', last_months.month_index)'
        ) }} as month_index
    from stints
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
        stage_horizons.horizon_days,
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
            stock.closing * {{ dbt.datediff("date '2000-01-01'", 'stock.date_day', 'day') }} - stock.day_numbers
            as double
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
