with

deals as (

    select * from {{ ref('int_opportunities') }} where person_key is not null

),

customer_evidence as (

    select
        person_key,
        occurred_at
    from {{ ref('int_customer_evidence') }}
    union all
    select
        person_key,
        changed_at as occurred_at
    from {{ ref('int_status_changes_ordered') }}
    where stage_key = 'customer'

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

customers as (

    select
        person_key,
        min(occurred_at) as customer_from
    from customer_evidence
    group by person_key

),

-- a customer from a moment that is not given
undated_wins as (

    select distinct person_key from deals where is_won and has_unknown_close

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
        losses.closed_day as lost_day,
        losses.closed_at as lost_at
    from losses
    inner join open_deals on losses.person_key = open_deals.person_key and losses.closed_at = open_deals.changed_at
    anti join undated_wins on losses.person_key = undated_wins.person_key
    left join customers on losses.person_key = customers.person_key
    where
        losses.loss_number = 1
        and open_deals.open_count = 0
        and (customers.customer_from is null or customers.customer_from > losses.closed_at)

)

select * from final
