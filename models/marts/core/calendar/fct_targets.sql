with

targets as (

    select * from {{ ref('int_targets_versioned') }} where _outcome = 'staged'

),

latest as (

    select
        *,
        row_number() over (
            partition by metric, period_start, period_end, segment
            order by version desc nulls last, source_system asc
        ) as version_rank
    from targets

),

final as (

    select
        {{ surrogate_key([
            'metric',
            'cast(period_start as string)',
            'cast(period_end as string)',
            "coalesce(segment, 'all')",
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
