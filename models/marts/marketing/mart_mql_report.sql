with

qualifications as (

    select
        *,
        cast(date_trunc('month', entered_date) as date) as month_start
    from {{ ref('fct_qualifications') }}

),

targets as (

    select * from {{ ref('fct_targets') }}

),

dates as (

    select * from {{ ref('dim_dates') }}

),

counted as (

    select
        month_start,
        {{ segment_type() }} as segment_type,
        {{ segment_value() }} as segment_value,
        count(*) filter (where stage = 'mql' and is_first_observed) as mqls,
        count(*) filter (where stage = 'mql' and not is_first_observed) as re_mqls,
        count(*) filter (where mql_outcome = 'accepted') as accepted_mqls,
        count(*) filter (where mql_outcome = 'rejected') as rejected_mqls,
        count(*) filter (where mql_outcome = 'undecided') as undecided_mqls,
        count(*) filter (where stage = 'mql' and mql_outcome is null) as unrecorded_mqls,
        count(*) filter (where stage = 'sql') as sqls,
        count(*) filter (where sql_origin = 'from_mql') as sqls_from_mql,
        count(*) filter (where sql_origin = 'direct') as sqls_direct,
        count(*) filter (where sql_origin = 'out_of_order') as sqls_out_of_order
    from qualifications
    group by {{ segment_grouping_sets(['month_start']) }}

),

monthly_targets as (

    select
        targets.period_start_date as month_start,
        targets.segment_type,
        targets.segment_value,
        max(case when targets.metric = 'mql' then targets.target_value end) as mql_target,
        max(case when targets.metric = 'sql' then targets.target_value end) as sql_target
    from targets
    where
        targets.metric in ('mql', 'sql')
        and targets.period_start_date = date_trunc('month', targets.period_start_date)
        and targets.period_end_date = last_day(targets.period_start_date)
    group by targets.period_start_date, targets.segment_type, targets.segment_value

),

working_days as (

    select
        month_start_date as month_start,
        count(*) filter (where is_working_day) as working_days,
        count(*) filter (where is_working_day and is_elapsed) as elapsed_working_days
    from dates
    group by month_start_date

),

elapsed_months as (

    select distinct month_start_date as month_start from dates where is_elapsed

),

-- every month from the first MQL to as_of for the whole, so that an empty month shows as zeros, not as a gap; what is
-- planned for months to come is for mart_working_day_pace and mart_plan
scaffold as (

    select
        month_start,
        segment_type,
        segment_value
    from counted
    union
    select
        monthly_targets.month_start,
        monthly_targets.segment_type,
        monthly_targets.segment_value
    from monthly_targets
    inner join elapsed_months on monthly_targets.month_start = elapsed_months.month_start
    union
    select
        month_start,
        'all' as segment_type,
        'all' as segment_value
    from elapsed_months
    where month_start >= (select min(counted.month_start) from counted)

),

final as (

    select
        scaffold.segment_type,
        scaffold.segment_value,
        case
            when counted.mqls + counted.re_mqls = counted.unrecorded_mqls and counted.unrecorded_mqls > 0
                then 'stage_sal_not_recorded'
        end as acceptance_unknown_reason,
        {%- for measure in ['mqls', 're_mqls'] %}
        cast(coalesce(counted.{{ measure }}, 0) as bigint) as {{ measure }},
        {%- endfor %}
        {%- for measure in ['accepted_mqls', 'rejected_mqls', 'undecided_mqls'] %}
        case
            when counted.mqls + counted.re_mqls > counted.unrecorded_mqls then counted.{{ measure }}
            when coalesce(counted.unrecorded_mqls, 0) = 0 then cast(0 as bigint)
        end as {{ measure }},
        {%- endfor %}
        {%- for measure in ['unrecorded_mqls', 'sqls', 'sqls_from_mql', 'sqls_direct', 'sqls_out_of_order'] %}
        cast(coalesce(counted.{{ measure }}, 0) as bigint) as {{ measure }},
        {%- endfor %}
        cast(counted.accepted_mqls as double)
        / nullif(counted.accepted_mqls + counted.rejected_mqls, 0) as acceptance_rate,
        {{ wilson_low('counted.accepted_mqls', '(counted.accepted_mqls + counted.rejected_mqls)') }}
            as acceptance_rate_low,
        {{ wilson_high('counted.accepted_mqls', '(counted.accepted_mqls + counted.rejected_mqls)') }}
            as acceptance_rate_high,
        cast(working_days.working_days as int) as working_days,
        cast(working_days.elapsed_working_days as int) as elapsed_working_days,
        {%- for metric in ['mql', 'sql'] %}
        monthly_targets.{{ metric }}_target,
        coalesce(counted.{{ metric }}s, 0) * working_days.working_days
        / nullif(cast(working_days.elapsed_working_days as double), 0) as {{ metric }}_projection,
        coalesce(counted.{{ metric }}s, 0)
        / nullif(
            monthly_targets.{{ metric }}_target * working_days.elapsed_working_days
            / nullif(cast(working_days.working_days as double), 0),
            0
        ) as {{ metric }}_pace,
        {%- endfor %}
        scaffold.month_start as month_start_date
    from scaffold
    inner join working_days on scaffold.month_start = working_days.month_start
    left join counted
        on
            scaffold.month_start = counted.month_start
            and scaffold.segment_type = counted.segment_type
            and scaffold.segment_value = counted.segment_value
    left join monthly_targets
        on
            scaffold.month_start = monthly_targets.month_start
            and scaffold.segment_type = monthly_targets.segment_type
            and scaffold.segment_value = monthly_targets.segment_value

)

select * from final
