with

targets as (

    select
        *,
        coalesce(segment, 'all') as segment_name,
        coalesce(version, 0) as version_number
    from {{ ref('int_targets_versioned') }}
    where _outcome = 'staged'

),

-- Later versions replace what they overlap: an earlier target goes if it shares days with a later one and does not lie
-- around it, and if later ones inside it cover all its days between them. A month that is set again within a year leaves
-- the target of the year.
overlapped as (

    select
        targets.metric,
        targets.segment_name,
        targets.version_number,
        targets.period_start,
        targets.period_end,
        later.period_start as later_start,
        later.period_end as later_end,
        later.period_start >= targets.period_start
        and later.period_end <= targets.period_end
        and (later.period_start > targets.period_start or later.period_end < targets.period_end) as is_inside
    from targets
    inner join targets as later
        on
            targets.metric = later.metric
            and targets.segment_name = later.segment_name
            and targets.version_number < later.version_number
            and targets.period_start <= later.period_end
            and targets.period_end >= later.period_start

),

-- the days up to which those inside reach, by the day on which each begins; a gap is a day before the next begins
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
        not bool_and(is_inside)
        or (
            min(later_start) <= period_start
            and max(later_end) >= period_end
            and not bool_or(coalesce(next_start > cast(reached + interval '1 day' as date), false))
        )

),

latest as (

    select
        targets.*,
        row_number() over (
            partition by targets.metric, targets.period_start, targets.period_end, targets.segment
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
        case when segment is null then 'all' else split_part(segment, '=', 1) end as segment_type,
        case when segment is null then 'all' else split_part(segment, '=', 2) end as segment_value,
        version as target_version,
        target_value,
        period_start as period_start_date,
        period_end as period_end_date
    from latest
    where version_rank = 1

)

select * from final
