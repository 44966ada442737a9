with

targets as (

    select
        *,
        case when segment_type = 'all' then 'all' else segment_type || '=' || segment_value end as segment_name,
        coalesce(version, 0) as version_number,
        {{ period_of('period_start', 'period_end') }} as calendar_period
    from {{ ref('int_target_segments') }}

),

-- Later versions replace what they overlap. Only a month, a quarter and a year stand beside each other: one month that
-- is set again leaves the target of its year, and all months of a quarter, set again, replace that of the quarter.
overlapped as (

    select
        targets.metric,
        targets.segment_name,
        targets.version_number,
        targets.period_start,
        targets.period_end,
        later.period_start as later_start,
        later.period_end as later_end,
        coalesce(targets.calendar_period != later.calendar_period, false) as is_beside
    from targets
    inner join targets as later
        on
            targets.metric = later.metric
            and targets.segment_name = later.segment_name
            and targets.version_number < later.version_number
            and targets.period_start <= later.period_end
            and targets.period_end >= later.period_start

),

-- How far the later ones reach, by the day on which each begins; where the next one begins later, days are left out.
-- Those that reach over both ends are no parts.
reaches as (

    select
        *,
        max(later_end) over (
            partition by metric, segment_name, version_number, period_start, period_end
            order by later_start
            range between unbounded preceding and current row
        ) as reached,
        lead(later_start) over (
            partition by metric, segment_name, version_number, period_start, period_end
            order by later_start, later_end
        ) as next_start
    from overlapped

),

replaced as (

    select
        metric,
        segment_name,
        version_number,
        period_start,
        period_end
    from reaches
    group by metric, segment_name, version_number, period_start, period_end
    having
        not bool_and(is_beside)
        or (
            min(later_start) = period_start
            and max(later_end) = period_end
            and not bool_or(coalesce(next_start > cast(reached + interval '1 day' as date), false))
        )

),

latest as (

    select
        targets.*,
        row_number() over (
            partition by targets.metric, targets.period_start, targets.period_end, targets.segment_name
            order by targets.version desc nulls last, targets.source_system asc
        ) as version_rank
    from targets
    left join replaced
        on
            targets.metric = replaced.metric
            and targets.segment_name = replaced.segment_name
            and targets.version_number = replaced.version_number
            and targets.period_start = replaced.period_start
            and targets.period_end = replaced.period_end
    where replaced.metric is null

),

final as (

    select
        {{ surrogate_key([
            'metric',
            'cast(period_start as string)',
            'cast(period_end as string)',
            'segment_name',
        ]) }} as target_key,
        metric,
        segment_type,
        segment_value,
        version as target_version,
        target_value,
        period_start as period_start_date,
        period_end as period_end_date
    from latest
    where version_rank = 1

)

select * from final
