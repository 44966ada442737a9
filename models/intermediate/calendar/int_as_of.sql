with

span as (

    select * from {{ ref('int_time_span') }}

),

-- speaks where nothing else does: counts have no moments, only days, and the first one of a longer period
counted as (

    select
        {{ start_of_reporting_day("cast(max(count_date) + interval '1 day' as date)") }} - interval '1 second' as moment
    from {{ ref('int_stage_counts_versioned') }}
    where _outcome = 'staged' and count_date <= cast(_loaded_at as date)

),

pinned as (

    select
        coalesce(
            cast({{ "'" ~ pinned_as_of() ~ "'" if pinned_as_of() else 'null' }} as timestamp),
            span.ends_at,
            counted.moment
        ) as as_of,
        span.begins_at
    from span
    cross join counted

),

final as (

    select
        as_of,
        {{ reporting_date('as_of') }} as as_of_date,
        begins_at
    from pinned

)

select * from final
