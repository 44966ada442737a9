with

promises as (

    select
        *,
        cast(date_trunc('month', first_expected_close_date) as date) as month_start,
        case
            when is_open then 'open'
            when coalesce(is_won, false) and closed_date <= first_expected_close_date then 'won_on_time'
            when coalesce(is_won, false) then 'won_late'
            else 'lost'
        end as outcome
    from {{ ref('fct_opportunity_forecasts') }}
    where is_counted and first_expected_close_date is not null and not (coalesce(is_won, false) and closed_date is null)

),

as_of as (

    select max(date_day) as as_of_date from {{ ref('dim_dates') }} where is_elapsed

),

counted as (

    select
        month_start,
        {{ segment_type() }} as segment_type,
        {{ segment_value() }} as segment_value,
        count(*) as opportunities,
        count(*) filter (where outcome = 'won_on_time') as won_on_time_opportunities,
        count(*) filter (where outcome = 'won_late') as won_late_opportunities,
        count(*) filter (where outcome = 'lost') as lost_opportunities,
        count(*) filter (where outcome = 'open') as open_opportunities,
        count(*) filter (where is_overdue) as overdue_opportunities,
        count(*) filter (where is_due) as due_opportunities,
        count(*) filter (where is_due and outcome = 'won_on_time') as due_won_on_time,
        count(*) filter (where times_moved > 0) as moved_opportunities,
        count(*) filter (where days_slipped > 0) as slipped_opportunities,
        sum(times_moved) as times_moved,
        sum(days_slipped) as days_slipped,
        sum(opportunity_amount) as promised_amount,
        sum(case when outcome = 'won_on_time' then opportunity_amount else 0 end) as won_on_time_amount
    from promises
    group by {{ segment_grouping_sets(['month_start']) }}

),

final as (

    select
        counted.segment_type,
        counted.segment_value,
        cast(counted.opportunities as bigint) as promised_opportunities,
        cast(counted.won_on_time_opportunities as bigint) as won_on_time_opportunities,
        cast(counted.won_late_opportunities as bigint) as won_late_opportunities,
        cast(counted.lost_opportunities as bigint) as lost_opportunities,
        cast(counted.open_opportunities as bigint) as open_opportunities,
        cast(counted.overdue_opportunities as bigint) as overdue_opportunities,
        cast(counted.due_opportunities as bigint) as due_opportunities,
        cast(counted.due_won_on_time as bigint) as due_won_on_time_opportunities,
        cast(counted.moved_opportunities as bigint) as moved_opportunities,
        cast(counted.slipped_opportunities as bigint) as slipped_opportunities,
        cast(counted.times_moved as bigint) as times_moved,
        cast(counted.days_slipped as double) / counted.opportunities as average_days_slipped,
        cast(counted.promised_amount as decimal(18, 2)) as promised_amount,
        cast(counted.won_on_time_amount as decimal(18, 2)) as won_on_time_amount,
        {{ rate_with_interval('counted.due_won_on_time', 'counted.due_opportunities', 'won_on_time_rate') }},
        {{ rate_with_interval('counted.slipped_opportunities', 'counted.opportunities', 'slippage_rate') }},
        cast(counted.due_opportunities as double) / counted.opportunities as mature_share,
        {{ is_small_n('counted.opportunities') }} as is_small_n,
        counted.open_opportunities > 0 or last_day(counted.month_start) > as_of.as_of_date as is_provisional,
        counted.month_start as month_start_date
    from counted
    cross join as_of

)

select * from final
