{# a row or two behind a long silence are slips of the pen, a tenth of a percent of many rows as well #}
{% set few = 'greatest(3, 0.001 * all_moments)' %}
{% set enough_moments = 20 %}
{% set silence_days = 30 %}
{% set times_usual = 10 %}

with

days as (

    select * from {{ ref('int_written_days') }}

),

silences as (

    select
        date_day,
        gap_days,
        moments_before <= {{ few }} as is_early
    from days
    where
        gap_days > {{ silence_days }}
        and all_moments >= {{ enough_moments }}
        and (moments_before <= {{ few }} or all_moments - moments_before <= {{ few }})

),

-- against the other gaps, those before a late silence and those after an early one
compared as (

    select
        silences.date_day,
        silences.is_early,
        silences.gap_days > {{ times_usual }} * coalesce(
            percentile_cont(0.95) within group (order by days.gap_days), 0
        ) as is_unusual
    from silences
    left join days
        on
            (not silences.is_early and silences.date_day > days.date_day)
            or (silences.is_early and silences.date_day < days.date_day)
    group by silences.date_day, silences.is_early, silences.gap_days

),

bounds as (

    select
        coalesce(max(case when is_early then date_day end), date '0001-01-01') as first_day,
        coalesce(min(case when not is_early then date_day end), date '9999-12-31') as end_day
    from compared
    where is_unusual

),

final as (

    select
        min(days.first_at) as begins_at,
        max(days.last_at) as ends_at
    from days
    inner join bounds on days.date_day >= bounds.first_day and days.date_day < bounds.end_day

)

select * from final
