with

cohorts as (

    select * from {{ ref('fct_cohort_conversions') }}

),

cohort_survival as (

    select * from {{ ref('fct_cohort_survival') }}

),

entries as (

    select
        *,
        cast(date_trunc('month', {{ reporting_date('reached_at') }}) as date) as month_start
    from {{ ref('fct_stage_entries') }}

),

dates as (

    select distinct month_start_date from {{ ref('dim_dates') }} where is_elapsed

),

arrivals as (

    select
        month_start,
        {{ segment_type() }} as segment_type,
        {{ segment_value() }} as segment_value,
        stage,
        count(*) filter (where is_first_reached) as first_arrivals,
        count(*) as cycle_arrivals
    from entries
    group by {{ segment_grouping_sets(['month_start', 'stage']) }}

),

rates as (

    {{ conversion_rates('cohorts', 'cohort_survival', ['from_stage', 'to_stage']) }}

    union all

    -- what teams compute by hand: everyone who reached the later stage k months on, whoever they were
    select
        cohorts.*,
        'naive_lag' as rate_kind,
        cast(
            coalesce(
                case cohorts.count_mode when 'first' then arrivals.first_arrivals else arrivals.cycle_arrivals end, 0
            ) as double
        ) as numerator,
        cohorts.entrants as denominator,
        cast(
            coalesce(
                case cohorts.count_mode when 'first' then arrivals.first_arrivals else arrivals.cycle_arrivals end, 0
            ) as double
        ) / cast(cohorts.entrants as double) as conversion_rate,
        cast(null as double) as conversion_rate_low,
        cast(null as double) as conversion_rate_high
    from cohorts
    -- a month that lies after as_of has no arrivals yet, and no ratio
    inner join dates
        on cast(cohorts.period_start_date + cohorts.lag_months * interval '1 month' as date) = dates.month_start_date
    left join arrivals
        on
            dates.month_start_date = arrivals.month_start
            and cohorts.segment_type = arrivals.segment_type
            and cohorts.segment_value = arrivals.segment_value
            and cohorts.to_stage = arrivals.stage
    where cohorts.order_mode = 'any_order' and cohorts.period_type = 'month'

),

final as (

    select
        period_type,
        segment_type,
        segment_value,
        from_stage,
        to_stage,
        count_mode,
        order_mode,
        rate_kind,
        horizon_days,
        entrants,
        numerator,
        denominator,
        conversion_rate,
        conversion_rate_low,
        conversion_rate_high,
        cast(mature_entrants as double) / cast(entrants as double) as mature_share,
        {{ is_small_n('denominator') }} as is_small_n,
        rate_kind = 'to_date' or mature_entrants < entrants as is_provisional,
        period_start_date
    from rates

)

select * from final
