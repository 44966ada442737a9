with

deals as (

    select * from {{ ref('int_opportunities') }} where person_key is not null

),

-- a deal that closed before it was opened, as some systems write it, was open at no time
openings as (

    select
        person_key,
        least(created_at, coalesce(closed_at, created_at)) as changed_at,
        1 as opened
    from deals
    union all
    select
        person_key,
        closed_at as changed_at,
        -1 as opened
    from deals
    where closed_at is not null

),

-- deals that open and close at one moment are counted together: one that opens then keeps the person in the stage
open_deals as (

    select
        person_key,
        changed_at,
        sum(sum(opened)) over (
            partition by person_key order by changed_at rows between unbounded preceding and current row
        ) as open_count
    from openings
    group by person_key, changed_at

),

wins as (

    select
        person_key,
        min(closed_at) as first_won_at,
        bool_or(has_unknown_close) as has_undated_win
    from deals
    where is_won
    group by person_key

),

losses as (

    select
        *,
        row_number() over (
            partition by person_key, closed_at
            order by case when lost_reason is null then 1 else 0 end, source_system, opportunity_id
        ) as loss_number
    from deals
    where not is_won and closed_at is not null

),

final as (

    select
        losses.person_key,
        losses.source_system,
        losses.opportunity_id,
        losses.owner_rep_id,
        losses.lost_reason,
        losses.closed_at as lost_at
    from losses
    inner join open_deals on losses.person_key = open_deals.person_key and losses.closed_at = open_deals.changed_at
    left join wins on losses.person_key = wins.person_key
    where
        losses.loss_number = 1
        and open_deals.open_count = 0
        and not coalesce(wins.has_undated_win, false)
        and (wins.first_won_at is null or wins.first_won_at > losses.closed_at)

)

select * from final
