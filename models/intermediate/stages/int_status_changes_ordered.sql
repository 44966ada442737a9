with recursive

-- what has a day alone may have happened as late on it as the last change whose moment is known; the sequence, or the
-- status that it starts from, tells more
changes as (

    select
        status_changes.*,
        stages.ordinal,
        case
            when status_changes.changed_day is not null
                then max(status_changes.changed_at) over (
                    partition by
                        status_changes.person_key,
                        status_changes.status_field,
                        {{ reporting_date('status_changes.changed_at') }}
                )
            else status_changes.changed_at
        end as ordered_at
    from {{ ref('int_status_changes') }} as status_changes
    left join {{ ref('stages') }} as stages on status_changes.stage_key = stages.stage_key
    where status_changes.person_key is not null and not status_changes.is_after_as_of

),

placed as (

    select
        *,
        rank() over (partition by person_key, status_field order by ordered_at, sequence nulls last) as moment,
        row_number() over (
            partition by person_key, status_field
            order by ordered_at, sequence nulls last, ordinal nulls last, event_id, lead_key
        ) as default_position
    from changes

),

tied_persons as (

    select
        person_key,
        status_field
    from placed
    group by person_key, status_field
    having count(*) > count(distinct moment)

),

-- Each status field has an order of its own. Only a person with two events of one moment needs the walk: at each step,
-- of the events at the earliest moment that is not used up, the one that starts from the current status goes first.
tied as (

    select placed.*
    from placed
    semi join tied_persons
        on placed.person_key = tied_persons.person_key and placed.status_field = tied_persons.status_field

),

walk as (

    select
        person_key,
        status_field,
        cast(0 as bigint) as position,
        cast(null as bigint) as default_position,
        cast(null as string) as current_word,
        cast('|' as string) as used
    from tied
    where default_position = 1

    union all

    select
        person_key,
        status_field,
        position,
        default_position,
        to_word as current_word,
        used || default_position || '|' as used
    from (
        select
            walk.person_key,
            walk.status_field,
            walk.position + 1 as position,
            tied.default_position,
            tied.to_word,
            walk.used,
            row_number() over (
                partition by walk.person_key, walk.status_field
                order by
                    tied.moment,
                    case when tied.from_word = walk.current_word then 0 else 1 end,
                    tied.default_position
            ) as choice
        from walk
        inner join tied
            on
                walk.person_key = tied.person_key
                and walk.status_field = tied.status_field
                -- default positions run through the moments in order, so what is left lies near the position
                and walk.used not like '%|' || tied.default_position || '|%'
    ) as candidates
    where choice = 1

),

final as (

    select
        placed.status_change_key,
        placed.person_key,
        placed.lead_key,
        placed.source_system,
        placed.event_id,
        placed.changed_by_rep_id,
        placed.status_field,
        placed.to_status,
        placed.to_word,
        placed.stage_key,
        placed.from_stage_key,
        placed.reason,
        placed.changed_day,
        placed.ordered_at as changed_at,
        coalesce(walk.position, placed.default_position) as position
    from placed
    left join walk
        on
            placed.person_key = walk.person_key
            and placed.status_field = walk.status_field
            and placed.default_position = walk.default_position

)

select * from final
