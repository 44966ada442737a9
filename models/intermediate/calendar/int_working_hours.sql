with

days as (

    select * from {{ ref('int_working_days') }} where working_seconds > 0

),

-- an hour that begins before closing time and ends after the next opening falls on both days
final as (

    select
        calendar_id,
        date_day,
        {{ explode_integers(
            'cast(floor(seconds_before / 3600.0) as bigint)',
            'cast(floor((seconds_before + working_seconds - 1) / 3600.0) as bigint)',
        ) }} as working_hour,
        working_seconds,
        seconds_before,
        opens_at,
        break_starts_at,
        break_ends_at
    from days

)

select * from final
