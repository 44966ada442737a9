{# Working time between any two moments, without a loop: each moment finds its day in int_working_days (an equi-join on the
   calendar and on `local_day` of the moment in the calendar's zone, of int_business_calendars), which says how much was
   worked before; the rest is a subtraction. Written in full:

       inner join int_business_calendars as calendars on facts.calendar_id = calendars.calendar_id
       left join int_working_days as start_days
           on facts.calendar_id = start_days.calendar_id
           and local_day('facts.started_at', 'calendars.time_zone') = start_days.date_day
       left join int_working_days as stop_days ...
       working_minutes_between('facts.started_at', 'start_days', 'facts.stopped_at', 'stop_days')

   Null where a moment is null or lies outside the days of the calendar. #}

{# The minute of the day that HH:MM names; 24:00 is the end of the day. #}
{% macro minute_of_day(text) -%}
    (cast(split_part({{ text }}, ':', 1) as int) * 60 + cast(split_part({{ text }}, ':', 2) as int))
{%- endmacro %}

{# The day of a moment on the wall of the office. #}
{% macro local_day(moment, zone_column) -%}
    cast({{ zoned_from_utc(moment, zone_column) }} as date)
{%- endmacro %}

{# Working time from the calendar's first day to a moment, in microseconds; `day` is its row of int_working_days. The break
   between two shifts comes off. #}
{% macro working_microseconds_at(moment, day) -%}
    (
        {{ day }}.seconds_before * 1000000
        + {{ microseconds_within(moment, day ~ '.opens_at', day ~ '.closes_at') }}
        - coalesce({{ microseconds_within(moment, day ~ '.break_starts_at', day ~ '.break_ends_at') }}, 0)
    )
{%- endmacro %}

{# What of the time from `begins_at` to `ends_at` lies before a moment. #}
{% macro microseconds_within(moment, begins_at, ends_at) -%}
    {{ microseconds_between(begins_at, 'least(greatest(' ~ moment ~ ', ' ~ begins_at ~ '), ' ~ ends_at ~ ')') }}
{%- endmacro %}

{# Minutes worked from one moment to another, with fractions; negative where the second comes first. #}
{% macro working_minutes_between(start, start_day, stop, stop_day) -%}
    case
        when {{ start }} is not null and {{ stop }} is not null
            then cast(
                {{ working_microseconds_at(stop, stop_day) }} - {{ working_microseconds_at(start, start_day) }} as double
            ) / 60000000
    end
{%- endmacro %}

{# The moment at which a time limit is up, again by an equi-join: `target` is the working time at the start plus the limit,
   in microseconds. `working_hour_of(target)` finds the rows of int_working_hours (calendar and working_hour; two at most),
   `is_day_of_target` the one of them that is the day, and `working_moment` the moment on it. A limit that is used up at
   closing time, or when the break begins, is up then, not when the office opens again. #}
{% macro working_hour_of(target) -%}
    cast(floor(({{ target }} - 1) / 3600000000) as bigint)
{%- endmacro %}

{% macro is_day_of_target(target, day) -%}
    {{ target }} > {{ day }}.seconds_before * 1000000
    and {{ target }} <= ({{ day }}.seconds_before + {{ day }}.working_seconds) * 1000000
{%- endmacro %}

{% macro working_moment(target, day) -%}
    {%- set worked = '(' ~ target ~ ' - ' ~ day ~ '.seconds_before * 1000000)' -%}
    {%- set first_shift = microseconds_between(day ~ '.opens_at', day ~ '.break_starts_at') -%}
    {%- set break_length = microseconds_between(day ~ '.break_starts_at', day ~ '.break_ends_at') -%}
    {{ add_microseconds(
        day ~ '.opens_at',
        '(' ~ worked ~ ' + case when ' ~ worked ~ ' > ' ~ first_shift ~ ' then ' ~ break_length ~ ' else 0 end)',
    ) }}
{%- endmacro %}
