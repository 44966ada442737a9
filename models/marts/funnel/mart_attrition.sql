with

outcomes as (

    select
        *,
        coalesce(reason, 'none') as outcome_reason,
        coalesce(working_status, 'none') as status_then,
        cast(date_trunc('month', entered_date) as date) as month_start_date
    from {{ ref('fct_stage_outcomes') }}

),

stages as (

    select * from {{ ref('dim_stages') }}

),

outcome_names as (

    {% for outcome in ['advanced', 'lost', 'disqualified', 'recycled', 'open', 'stalled'] -%}
    select '{{ outcome }}' as outcome
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

counted as (

    select
        month_start_date,
        stage,
        horizon_days,
        {{ segment_type() }} as segment_type,
        {{ segment_value() }} as segment_value,
        outcome,
        outcome_reason as reason,
        status_then as working_status,
        count(*) as lead_count
    from outcomes
    group by {{ segment_grouping_sets(
        ['month_start_date', 'stage', 'horizon_days', 'outcome', 'outcome_reason', 'status_then']
    ) }}

),

cohorts as (

    select
        month_start_date,
        stage,
        horizon_days,
        segment_type,
        segment_value,
        sum(lead_count) as entrants,
        coalesce(sum(lead_count) filter (where outcome is not null), 0) as mature_entrants
    from counted
    group by month_start_date, stage, horizon_days, segment_type, segment_value

),

-- an outcome that nobody of the cohort had has a row too, or a line through the months would jump over the zeros
final as (

    select
        cohorts.segment_type,
        cohorts.segment_value,
        cohorts.stage,
        stages.section,
        outcome_names.outcome,
        coalesce(counted.reason, 'none') as reason,
        coalesce(counted.working_status, 'none') as working_status,
        cohorts.horizon_days,
        cast(cohorts.entrants as bigint) as entrants,
        cast(coalesce(counted.lead_count, 0) as bigint) as numerator,
        cast(cohorts.mature_entrants as bigint) as denominator,
        coalesce(counted.lead_count, 0) / nullif(cast(cohorts.mature_entrants as double), 0) as outcome_rate,
        {{ wilson_low('coalesce(counted.lead_count, 0)', 'cohorts.mature_entrants') }} as outcome_rate_low,
        {{ wilson_high('coalesce(counted.lead_count, 0)', 'cohorts.mature_entrants') }} as outcome_rate_high,
        cast(cohorts.mature_entrants as double) / cast(cohorts.entrants as double) as mature_share,
        {{ is_small_n('cohorts.mature_entrants') }} as is_small_n,
        cohorts.mature_entrants < cohorts.entrants as is_provisional,
        cohorts.month_start_date
    from cohorts
    inner join stages on cohorts.stage = stages.stage
    cross join outcome_names
    left join counted
        on
            cohorts.month_start_date = counted.month_start_date
            and cohorts.stage = counted.stage
            and cohorts.horizon_days = counted.horizon_days
            and cohorts.segment_type = counted.segment_type
            and cohorts.segment_value = counted.segment_value
            and outcome_names.outcome = counted.outcome

)

select * from final
