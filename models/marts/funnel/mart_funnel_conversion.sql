-- noqa: disable=LT02
{% set count_modes = {'first': 'is_first_observed', 'cycle': 'true'} %}
{% set order_modes = {
    'ordered': 'converted_at',
    'strict': 'converted_next_at',
    'any_order': 'converted_any_order_at',
} %}

with

transitions as (

    select
        *,
        cast(date_trunc('month', entered_date) as date) as month_start,
        cast(date_trunc('week', entered_date) as date) as week_start,
        least(followed_days, horizon_days) as days_at_risk,
        converted_at is not null and followed_days < horizon_days as is_event
    from {{ ref('fct_stage_transitions') }}

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

cohorts as (

    {% for period_type, cut_by in conversion_cuts().items() %}
    select
        '{{ period_type }}' as period_type,
        {{ period_type }}_start as period_start,
        {{ segment_type(cut_by) }} as segment_type,
        {{ segment_value(cut_by) }} as segment_value,
        from_stage,
        to_stage,
        horizon_days,
        lag_months,
        {%- for count_mode, counts in count_modes.items() %}
        count(*) filter (where {{ counts }}) as {{ count_mode }}_entrants,
        count(*) filter (where {{ counts }} and is_mature) as {{ count_mode }}_mature,
        {%- for order_mode, moment in order_modes.items() %}
        count(*) filter (where {{ counts }} and {{ moment }} is not null) as {{ count_mode }}_{{ order_mode }}_to_date,
        count(*) filter (where {{ counts }} and is_mature and {{ moment }} < matures_at)
            as {{ count_mode }}_{{ order_mode }}_matured
        {{- ',' if not loop.last }}
        {%- endfor %}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from transitions
    group by {{ segment_grouping_sets(
        [period_type ~ '_start', 'from_stage', 'to_stage', 'horizon_days', 'lag_months'], cut_by
    ) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

-- Kaplan-Meier on whole elapsed days: who is still followed at day k is at risk on it. All that happens at or after
-- the horizon is one last day without events.
days_followed as (

    {% for period_type, cut_by in conversion_cuts().items() %}
    select
        '{{ period_type }}' as period_type,
        {{ period_type }}_start as period_start,
        {{ segment_type(cut_by) }} as segment_type,
        {{ segment_value(cut_by) }} as segment_value,
        from_stage,
        to_stage,
        days_at_risk,
        {%- for count_mode, counts in count_modes.items() %}
        count(*) filter (where {{ counts }}) as {{ count_mode }}_leaving,
        count(*) filter (where {{ counts }} and is_event) as {{ count_mode }}_events{{ ',' if not loop.last }}
        {%- endfor %}
    from transitions
    group by {{ segment_grouping_sets([period_type ~ '_start', 'from_stage', 'to_stage', 'days_at_risk'], cut_by) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

at_risk as (

    {% for count_mode in count_modes %}
    select
        period_type,
        period_start,
        segment_type,
        segment_value,
        from_stage,
        to_stage,
        '{{ count_mode }}' as count_mode,
        case when {{ count_mode }}_leaving > 0 then days_at_risk end as days_at_risk,
        cast({{ count_mode }}_events as double) as events,
        cast(
            sum({{ count_mode }}_leaving) over (
                partition by period_type, period_start, segment_type, segment_value, from_stage, to_stage
                order by days_at_risk
                rows between current row and unbounded following
            ) as double
        ) as at_risk
    from days_followed
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

survival as (

    select
        period_type,
        period_start,
        segment_type,
        segment_value,
        from_stage,
        to_stage,
        count_mode,
        case
            when max(case when events = at_risk and events > 0 then 1 else 0 end) = 1 then 0.0
            else exp(sum(case when events > 0 and events < at_risk then ln(1 - events / at_risk) else 0.0 end))
        end as survival,
        sum(case when events > 0 and events < at_risk then events / (at_risk * (at_risk - events)) else 0.0 end)
            as greenwood_sum,
        sum(events) as events,
        max(days_at_risk) as longest_followed_days
    from at_risk
    group by all

),

-- what teams compute by hand: everyone who reached the later stage k months on, whoever they were
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

    {% for count_mode in count_modes %}
    {% for order_mode in order_modes %}
    select
        period_type,
        period_start,
        segment_type,
        segment_value,
        from_stage,
        to_stage,
        '{{ count_mode }}' as count_mode,
        '{{ order_mode }}' as order_mode,
        'matured' as rate_kind,
        horizon_days,
        cast({{ count_mode }}_{{ order_mode }}_matured as double) as numerator,
        {{ count_mode }}_mature as denominator,
        {{ count_mode }}_entrants as entrants,
        {{ count_mode }}_mature as mature_entrants,
        cast(null as double) as survival,
        cast(null as double) as greenwood_sum
    from cohorts

    union all

    select
        period_type,
        period_start,
        segment_type,
        segment_value,
        from_stage,
        to_stage,
        '{{ count_mode }}' as count_mode,
        '{{ order_mode }}' as order_mode,
        'to_date' as rate_kind,
        horizon_days,
        cast({{ count_mode }}_{{ order_mode }}_to_date as double) as numerator,
        {{ count_mode }}_entrants as denominator,
        {{ count_mode }}_entrants as entrants,
        {{ count_mode }}_mature as mature_entrants,
        cast(null as double) as survival,
        cast(null as double) as greenwood_sum
    from cohorts

    union all

    {% endfor %}
    select
        cohorts.period_type,
        cohorts.period_start,
        cohorts.segment_type,
        cohorts.segment_value,
        cohorts.from_stage,
        cohorts.to_stage,
        '{{ count_mode }}' as count_mode,
        'ordered' as order_mode,
        'survival' as rate_kind,
        cohorts.horizon_days,
        survival.events as numerator,
        cohorts.{{ count_mode }}_entrants as denominator,
        cohorts.{{ count_mode }}_entrants as entrants,
        cohorts.{{ count_mode }}_mature as mature_entrants,
        -- where nobody was followed to the horizon, nobody knows how many are left there
        case
            when survival.longest_followed_days >= cohorts.horizon_days or survival.survival = 0 then survival.survival
        end as survival,
        survival.greenwood_sum
    from cohorts
    inner join survival
        on
            cohorts.period_type = survival.period_type
            and cohorts.period_start = survival.period_start
            and cohorts.segment_type = survival.segment_type
            and cohorts.segment_value = survival.segment_value
            and cohorts.from_stage = survival.from_stage
            and cohorts.to_stage = survival.to_stage
            and survival.count_mode = '{{ count_mode }}'

    union all

    select
        cohorts.period_type,
        cohorts.period_start,
        cohorts.segment_type,
        cohorts.segment_value,
        cohorts.from_stage,
        cohorts.to_stage,
        '{{ count_mode }}' as count_mode,
        'any_order' as order_mode,
        'naive_lag' as rate_kind,
        cohorts.horizon_days,
        cast(coalesce(arrivals.{{ count_mode }}_arrivals, 0) as double) as numerator,
        cohorts.{{ count_mode }}_entrants as denominator,
        cohorts.{{ count_mode }}_entrants as entrants,
        cohorts.{{ count_mode }}_mature as mature_entrants,
        cast(null as double) as survival,
        cast(null as double) as greenwood_sum
    from cohorts
    -- a month that lies after as_of has no arrivals yet, and no ratio
    inner join dates
        on cast(cohorts.period_start + cohorts.lag_months * interval '1 month' as date) = dates.month_start_date
    left join arrivals
        on
            dates.month_start_date = arrivals.month_start
            and cohorts.segment_type = arrivals.segment_type
            and cohorts.segment_value = arrivals.segment_value
            and cohorts.to_stage = arrivals.stage
    where cohorts.period_type = 'month'
    {{ 'union all' if not loop.last }}
    {% endfor %}

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
        cast(entrants as bigint) as entrants,
        numerator,
        cast(denominator as bigint) as denominator,
        case
            when rate_kind = 'survival' then 1 - survival
            else numerator / nullif(cast(denominator as double), 0)
        end as conversion_rate,
        case
            when rate_kind = 'survival' then 1 - {{ greenwood_high('survival', 'greenwood_sum') }}
            when rate_kind in ('matured', 'to_date') then {{ wilson_low('numerator', 'denominator') }}
        end as conversion_rate_low,
        case
            when rate_kind = 'survival' then 1 - {{ greenwood_low('survival', 'greenwood_sum') }}
            when rate_kind in ('matured', 'to_date') then {{ wilson_high('numerator', 'denominator') }}
        end as conversion_rate_high,
        cast(mature_entrants as double) / cast(entrants as double) as mature_share,
        {{ is_small_n('denominator') }} as is_small_n,
        rate_kind = 'to_date' or mature_entrants < entrants as is_provisional,
        period_start as period_start_date
    from rates
    where entrants > 0

)

select * from final
