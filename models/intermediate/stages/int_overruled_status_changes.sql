with

changes as (

    select
        *,
        max(case when stage_key not in ('customer', 'lost') then changed_at end) over (
            partition by person_key order by position rows between unbounded preceding and 1 preceding
        ) as moved_at
    from {{ ref('int_status_changes_ordered') }}
    where stage_key is not null and status_field is distinct from 'working'

),

losses as (

    select * from changes where stage_key = 'lost'

),

deals as (

    select * from {{ ref('int_person_deals') }} where not has_unknown_close

),

-- a person who has bought, and whom no status has moved since, stays a customer
final as (

    select
        losses.status_change_key,
        losses.person_key,
        losses.source_system,
        losses.event_id,
        losses.reason,
        losses.changed_at,
        bool_or(deals.closed_at is null or deals.closed_at > losses.changed_at) as has_open_deal
    from losses
    inner join deals
        on
            losses.person_key = deals.person_key
            and losses.changed_at >= deals.opened_at
            and (
                coalesce(deals.closed_at, timestamp '9999-12-31 00:00:00') > losses.changed_at
                or (
                    deals.is_won
                    and deals.closed_at >= coalesce(losses.moved_at, timestamp '0001-01-01 00:00:00')
                )
            )
    group by 1, 2, 3, 4, 5, 6

)

select * from final
