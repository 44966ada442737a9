with

deals as (

    select * from {{ ref('int_person_deals') }}

),

overruled as (

    select * from {{ ref('int_overruled_status_changes') }} where has_open_deal and reason is not null

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

openings as (

    select
        person_key,
        opened_at as changed_at,
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

last_losses as (

    select losses.*
    from losses
    inner join open_deals on losses.person_key = open_deals.person_key and losses.closed_at = open_deals.changed_at
    anti join undated_wins on losses.person_key = undated_wins.person_key
    left join customers on losses.person_key = customers.person_key
    where
        losses.loss_number = 1
        and open_deals.open_count = 0
        and (customers.customer_from is null or customers.customer_from > losses.closed_at)

),

-- a status that said lost while the deal was open may have given the reason that the deal does not give
status_reasons as (

    select
        last_losses.opportunity_key,
        last_losses.person_key,
        max_by(overruled.reason, overruled.changed_at) as reason
    from last_losses
    inner join overruled
        on
            last_losses.person_key = overruled.person_key
            and last_losses.opened_at <= overruled.changed_at
            and last_losses.closed_at >= overruled.changed_at
    group by last_losses.opportunity_key, last_losses.person_key

),

final as (

    select
        last_losses.person_key,
        last_losses.source_system,
        last_losses.opportunity_id,
        last_losses.owner_rep_id,
        coalesce(last_losses.lost_reason, status_reasons.reason) as lost_reason,
        last_losses.closed_day as lost_day,
        last_losses.closed_at as lost_at
    from last_losses
    left join status_reasons
        on
            last_losses.opportunity_key = status_reasons.opportunity_key
            and last_losses.person_key = status_reasons.person_key

)

select * from final
