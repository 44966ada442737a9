{# Kaplan-Meier estimates of the conversion of cohorts at their horizon (`horizon_days` is one of `keys`), those still under way
   censored at as_of. `transitions` and `keys` as in cohort_conversions. #}
{% macro cohort_survival(transitions, keys) %}
with

transitions as (

    select
        *,
        cast(date_trunc('month', entered_date) as date) as month_start,
        cast(date_trunc('week', entered_date) as date) as week_start,
        least(followed_days, horizon_days) as days_at_risk,
        converted_at is not null and followed_days < horizon_days as is_event
    from {{ transitions }}

),

count_modes as (

    {{ count_modes() }}

),

-- Whole elapsed days: who is still followed at day k is at risk on it. All that happens at or after the horizon is one
-- last day without events.
days_followed as (

    {% for period_type, cut_by in conversion_cuts().items() %}
    select
        '{{ period_type }}' as period_type,
        {{ period_type }}_start as period_start_date,
        {{ segment_type(cut_by) }} as segment_type,
        {{ segment_value(cut_by) }} as segment_value,
        {{ keys | join(',\n        ') }},
        days_at_risk,
        is_first_observed,
        count(*) as leaving,
        count(*) filter (where is_event) as events
    from transitions
    group by {{ segment_grouping_sets(
        [period_type ~ '_start'] + keys + ['days_at_risk', 'is_first_observed'], cut_by
    ) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

days_of_cohorts as (

    select
        days_followed.period_type,
        days_followed.period_start_date,
        days_followed.segment_type,
        days_followed.segment_value,
        {%- for key in keys %}
        days_followed.{{ key }},
        {%- endfor %}
        count_modes.count_mode,
        days_followed.days_at_risk,
        sum(days_followed.leaving) as leaving,
        sum(days_followed.events) as events
    from days_followed
    inner join count_modes on days_followed.is_first_observed = count_modes.is_first_observed
    group by
        days_followed.period_type,
        days_followed.period_start_date,
        days_followed.segment_type,
        days_followed.segment_value,
        {%- for key in keys %}
        days_followed.{{ key }},
        {%- endfor %}
        count_modes.count_mode,
        days_followed.days_at_risk

),

at_risk as (

    select
        *,
        sum(leaving) over (
            partition by period_type, period_start_date, segment_type, segment_value, {{ keys | join(', ') }}, count_mode
            order by days_at_risk
            rows between current row and unbounded following
        ) as at_risk
    from days_of_cohorts

),

survival as (

    select
        period_type,
        period_start_date,
        segment_type,
        segment_value,
        {{ keys | join(',\n        ') }},
        count_mode,
        sum(events) as events,
        max(days_at_risk) as longest_followed_days,
        {{ kaplan_meier_survival('events', 'at_risk') }} as survival,
        {{ greenwood_sum('events', 'at_risk') }} as greenwood_sum
    from at_risk
    group by
        period_type,
        period_start_date,
        segment_type,
        segment_value,
        {{ keys | join(',\n        ') }},
        count_mode

),

-- where nobody was followed to the horizon, nobody knows how many are left there
known as (

    select
        *,
        case when longest_followed_days >= horizon_days or survival = 0 then survival end as known_survival
    from survival

),

final as (

    select
        period_type,
        segment_type,
        segment_value,
        {{ keys | join(',\n        ') }},
        count_mode,
        cast(events as bigint) as conversions,
        1 - known_survival as converted_rate,
        1 - {{ greenwood_high('known_survival', 'greenwood_sum') }} as converted_rate_low,
        1 - {{ greenwood_low('known_survival', 'greenwood_sum') }} as converted_rate_high,
        period_start_date
    from known

)

select * from final
{% endmacro %}
