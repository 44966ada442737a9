with

opportunities as (

    select * from {{ ref('fct_opportunities') }}

),

orders as (

    select * from {{ ref('fct_orders') }}

),

clocks as (

    select * from {{ ref('fct_sla_clocks') }} where is_start_owner_gone

),

status_changes as (

    select * from {{ ref('fct_status_changes') }} where overruled_by is not null

),

reps as (

    select * from {{ ref('dim_reps') }}

),

final as (

    select
        case
            when has_no_outcome then 'closed_without_outcome'
            when is_won then 'won_without_date'
            else 'lost_without_date'
        end as finding,
        'opportunities' as contract_table,
        source_system,
        opportunity_id as record_id,
        person_key,
        opportunity_amount as amount
    from opportunities
    where has_no_outcome or has_unknown_close
    union all
    select
        'refund_over_order' as finding,
        'orders' as contract_table,
        source_system,
        order_id as record_id,
        person_key,
        cast(refunded_amount - order_amount as decimal(18, 2)) as amount
    from orders
    where is_over_refunded
    union all
    select
        case overruled_by when 'open_deal' then 'lost_with_open_deal' else 'lost_after_win' end as finding,
        'lead_status_changes' as contract_table,
        source_system,
        event_id as record_id,
        person_key,
        cast(null as decimal(18, 2)) as amount
    from status_changes
    union all
    select
        'owner_had_left' as finding,
        'reps' as contract_table,
        reps.source_system,
        reps.rep_id as record_id,
        clocks.person_key,
        cast(null as decimal(18, 2)) as amount
    from clocks
    inner join reps on clocks.start_owner_rep_key = reps.rep_key
    group by 3, 4, 5

)

select * from final
