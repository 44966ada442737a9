{# Durations by survival, for cohorts by month: the median, its interval and quantiles, those still under way censored at as_of.
   `durations` has a row per stay or way (fct_stage_durations, fct_deal_stage_durations); `clocks` name the column of each
   clock; `keys` are further columns that tell cohorts apart; `cuts` the segments. #}
{% macro stage_velocity(durations, clocks, cuts, keys=[]) %}
{% set units = {'elapsed': 'days', 'business': 'working_hours'} %}
{% set known_from = {'elapsed': 2, 'business': 16} %}
{% set quantiles = {'median': 0.5, 'p25': 0.75, 'p75': 0.25, 'p90': 0.1} %}
{% set statistics = {
    'median_duration': 'quantiles.median',
    'median_duration_low': 'quantiles.median_low',
    'median_duration_high': 'quantiles.median_high',
    'p25_duration': 'quantiles.p25',
    'p75_duration': 'quantiles.p75',
    'p90_duration': 'quantiles.p90',
} %}
{% set cohort = 'month_start_date, path, segment_type, segment_value' %}

with

durations as (

    select
        measure,
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        from_stage,
        to_stage,
        {% for key in keys %}{{ key }} || '|' || {% endfor %}from_stage || coalesce('>' || to_stage, '') as path,
        {%- for cut in cuts if cut not in ['all'] + keys %}
        {{ cut }},
        {%- endfor %}
        {%- for duration in clocks.values() %}
        {{ duration }},
        {%- endfor %}
        is_ended,
        rests_on_day,
        cast(date_trunc('month', entered_date) as date) as month_start_date
    from {{ durations }}

),

cohorts as (

    select
        measure,
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        from_stage,
        to_stage,
        path,
        {{ segment_type(cuts[1:]) }} as segment_type,
        {{ segment_value(cuts[1:]) }} as segment_value,
        month_start_date,
        count(*) as entrants,
        count(*) filter (where is_ended) as ended,
        coalesce(bool_or(rests_on_day and is_ended), false) as rests_on_days,
        {%- for clock, duration in clocks.items() %}
        avg({{ duration }}) filter (where is_ended) as {{ clock }}_mean,
        median({{ duration }}) filter (where is_ended) as {{ clock }}_median{{ ',' if not loop.last }}
        {%- endfor %}
    from durations
    group by {{ segment_grouping_sets(
        ['measure'] + keys + ['from_stage', 'to_stage', 'path', 'month_start_date'], cuts[1:]
    ) }}

),

-- One sort of all durations for each cut and clock, the whole cost of the model (2 million durations, those of 200,000
-- leads, took 10 s and 1.4 GB on two cores). At a tie the ended ones come first: who is censored at a moment was still
-- at risk then. Among rows that tie in both, any order gives the same curve.
ranked as (

    {% for clock, duration in clocks.items() %}
    {% set clock_loop = loop %}
    {% for cut in cuts %}
    {%- set segment = "'all'" if cut == 'all' else cut %}
    {%- set in_order = clock ~ '_by_' ~ cut %}
    select
        '{{ clock }}' as clock,
        month_start_date,
        path,
        '{{ cut }}' as segment_type,
        {{ segment }} as segment_value,
        {{ duration }} as duration,
        is_ended,
        count(*) over (partition by month_start_date, path, {{ segment }})
        - row_number() over {{ in_order }} + 1 as at_risk,
        coalesce(
            lead({{ duration }}) over {{ in_order }} = {{ duration }} and lead(is_ended) over {{ in_order }}, false
        ) as is_followed_by_tie
    from durations
    window
        {{ in_order }} as (
            partition by month_start_date, path, {{ segment }}
            order by {{ duration }}, case when is_ended then 0 else 1 end
        )
    {{ 'union all' if not (loop.last and clock_loop.last) }}
    {% endfor %}
    {% endfor %}

),

-- One end at a time: d ends among n at one moment make the same factor, (n - d) / n, and the same term of Greenwood's
-- sum.
summed as (

    select
        clock,
        {{ cohort }},
        duration,
        is_followed_by_tie,
        {{ kaplan_meier_survival('1', 'at_risk', 'over ends_so_far') }} as survival,
        {{ greenwood_sum('1', 'at_risk', 'over ends_so_far') }} as greenwood_sum
    from ranked
    where is_ended
    window
        ends_so_far as (
            partition by clock, {{ cohort }}
            order by at_risk desc
            rows between unbounded preceding and current row
        )

),

bounds as (

    select
        *,
        {{ greenwood_low('survival', 'greenwood_sum') }} as survival_low,
        {{ greenwood_high('survival', 'greenwood_sum') }} as survival_high
    from summed
    where not is_followed_by_tie

),

-- a quantile is the first moment at which no more than so many are left; the billionth is for rounding, as at 2 of 4
quantiles as (

    select
        clock,
        {{ cohort }},
        {%- for name, left_over in quantiles.items() %}
        min(case when survival <= {{ left_over }} + 0.000000001 then duration end) as {{ name }},
        {%- endfor %}
        min(case when survival_low <= 0.5 then duration end) as median_low,
        min(case when survival_high <= 0.5 then duration end) as median_high
    from bounds
    group by clock, {{ cohort }}

),

-- what is shorter than two days (of 8 working hours) and rests on days is not known
final as (

    {% for clock in clocks %}
    select
        cohorts.measure,
        {%- for key in keys %}
        cohorts.{{ key }},
        {%- endfor %}
        cohorts.from_stage,
        cohorts.to_stage,
        cohorts.segment_type,
        cohorts.segment_value,
        '{{ clock }}' as clock,
        '{{ units[clock] }}' as duration_unit,
        cast(cohorts.entrants as bigint) as entrants,
        cast(cohorts.ended as bigint) as ended_count,
        cast(cohorts.entrants - cohorts.ended as bigint) as censored_count,
        {%- for statistic, value in statistics.items() %}
        case when not cohorts.rests_on_days or {{ value }} >= {{ known_from[clock] }} then {{ value }} end
            as {{ statistic }},
        {%- endfor %}
        {%- for statistic in ['mean', 'median'] %}
        {%- set value = 'cohorts.' ~ clock ~ '_' ~ statistic %}
        case when not cohorts.rests_on_days or {{ value }} >= {{ known_from[clock] }} then {{ value }} end
            as converters_only_{{ statistic }}_duration,
        {%- endfor %}
        {{ is_small_n('cohorts.entrants') }} as is_small_n,
        cohorts.month_start_date
    from cohorts
    left join quantiles
        on
            cohorts.month_start_date = quantiles.month_start_date
            and cohorts.path = quantiles.path
            and cohorts.segment_type = quantiles.segment_type
            and cohorts.segment_value = quantiles.segment_value
            and quantiles.clock = '{{ clock }}'
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final
{% endmacro %}
