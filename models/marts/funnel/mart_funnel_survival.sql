-- Grown from loops; `dbt compile -s mart_funnel_survival` shows the SQL.
{# A curve needs leads: months are drawn for the whole alone, quarters by channel too. #}
{% set cuts = {'month': none, 'quarter': ['channel']} %}

with

transitions as (

    select
        *,
        cast(date_trunc('month', entered_date) as date) as month_start,
        {{ start_of_period('quarter', 'entered_date') }} as quarter_start,
        least(followed_days, horizon_days) as days_at_risk,
        converted_at is not null and followed_days < horizon_days as is_event
    from {{ ref('fct_stage_transitions') }}

),

-- from here on the cost is by curves and days, whatever the number of leads
days_followed as (

    {% for period_type, cut_by in cuts.items() %}
    {%- set keys = [period_type ~ '_start', 'from_stage', 'to_stage', 'horizon_days', 'days_at_risk'] %}
    select
        '{{ period_type }}' as period_type,
        {{ period_type }}_start as period_start_date,
        {% if cut_by %}{{ segment_type(cut_by) }}{% else %}'all'{% endif %} as segment_type,
        {% if cut_by %}{{ segment_value(cut_by) }}{% else %}'all'{% endif %} as segment_value,
        from_stage,
        to_stage,
        horizon_days,
        days_at_risk,
        count(*) as leaving,
        count(*) filter (where is_event) as events,
        count(*) filter (where is_mature) as mature_entrants
    from transitions
    group by {% if cut_by %}{{ segment_grouping_sets(keys, cut_by) }}{% else %}{{ keys | join(', ') }}{% endif %}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

curves as (

    select
        period_type,
        period_start_date,
        segment_type,
        segment_value,
        from_stage,
        to_stage,
        horizon_days,
        sum(leaving) as entrants,
        sum(mature_entrants) as mature_entrants,
        max(days_at_risk) as longest_followed_days
    from days_followed
    group by period_type, period_start_date, segment_type, segment_value, from_stage, to_stage, horizon_days

),

-- day 0 is the entry, where nothing has happened yet; the row of day n tells what happened in the 24 hours before it
days as (

    select
        *,
        {{ explode_integers('0', 'horizon_days') }} as day_number
    from curves

),

at_risk as (

    select
        days.*,
        coalesce(days_followed.events, 0) as events,
        coalesce(days_followed.leaving, 0) - coalesce(days_followed.events, 0) as censored,
        days.entrants - coalesce(
            sum(days_followed.leaving) over (
                partition by
                    days.period_type,
                    days.period_start_date,
                    days.segment_type,
                    days.segment_value,
                    days.from_stage,
                    days.to_stage
                order by days.day_number
                rows between unbounded preceding and 1 preceding
            ), 0
        ) as at_risk
    from days
    left join days_followed
        on
            days.period_type = days_followed.period_type
            and days.period_start_date = days_followed.period_start_date
            and days.segment_type = days_followed.segment_type
            and days.segment_value = days_followed.segment_value
            and days.from_stage = days_followed.from_stage
            and days.to_stage = days_followed.to_stage
            and days.day_number = days_followed.days_at_risk + 1

),

survival as (

    select
        *,
        {{ kaplan_meier_survival('events', 'at_risk', 'over days_so_far') }} as survival,
        {{ greenwood_sum('events', 'at_risk', 'over days_so_far') }} as greenwood_sum
    from at_risk
    window
        days_so_far as (
            partition by period_type, period_start_date, segment_type, segment_value, from_stage, to_stage
            order by day_number
            rows between unbounded preceding and current row
        )

),

-- a curve ends on the last day to which anyone was followed, unless everyone had converted before
final as (

    select
        period_type,
        segment_type,
        segment_value,
        from_stage,
        to_stage,
        cast(day_number as int) as day_number,
        horizon_days,
        cast(entrants as bigint) as entrants,
        cast(at_risk as bigint) as at_risk_count,
        cast(events as bigint) as event_count,
        cast(censored as bigint) as censored_count,
        1 - survival as converted_rate,
        1 - {{ greenwood_high('survival', 'greenwood_sum') }} as converted_rate_low,
        1 - {{ greenwood_low('survival', 'greenwood_sum') }} as converted_rate_high,
        cast(mature_entrants as double) / cast(entrants as double) as mature_share,
        {{ is_small_n('entrants') }} as is_small_n,
        mature_entrants < entrants as is_provisional,
        period_start_date
    from survival
    where day_number <= longest_followed_days or survival = 0

)

select * from final
