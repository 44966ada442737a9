-- Every change of what is in the pipeline: a deal enters it, moves in it, changes its amount, or leaves it. Sums over
-- the days up to any day give what was in the pipeline then.
with

stints as (

    select
        *,
        lag(stage) over (partition by opportunity_key order by stint_number) as stage_before,
        lag(stage_name) over (partition by opportunity_key order by stint_number) as stage_name_before,
        lag(pipeline) over (partition by opportunity_key order by stint_number) as pipeline_before,
        lag(is_closed) over (partition by opportunity_key order by stint_number) as was_closed
    from {{ ref('fct_deal_stage_stints') }}

),

amounts as (

    select * from {{ ref('fct_deal_amounts') }}

),

entries as (

    select
        stints.*,
        amounts.deal_amount as amount
    from stints
    inner join amounts
        on
            stints.opportunity_key = amounts.opportunity_key
            and {{ in_force('amounts', 'stints.entered_at') }}

),

movements as (

    select
        opportunity_key,
        deal_stint_key,
        case
            when stage_before is null then 'new'
            when was_closed then 'reopened'
            else 'moved_in'
        end as movement,
        pipeline,
        stage,
        stage_name,
        1 as deals_change,
        coalesce(amount, 0) as amount_change,
        case when amount is null then 1 else 0 end as without_amount_change,
        entered_at as moved_at
    from entries
    where not is_closed

    union all

    select
        opportunity_key,
        deal_stint_key,
        case when is_closed then stage else 'moved_out' end as movement,
        pipeline_before as pipeline,
        stage_before as stage,
        stage_name_before as stage_name,
        -1 as deals_change,
        -coalesce(amount, 0) as amount_change,
        case when amount is null then -1 else 0 end as without_amount_change,
        entered_at as moved_at
    from entries
    where stage_before is not null and not was_closed

    union all

    -- in the stage in which the deal was, or that it leaves at that moment
    select
        stints.opportunity_key,
        stints.deal_stint_key,
        'amount_changed' as movement,
        stints.pipeline,
        stints.stage,
        stints.stage_name,
        0 as deals_change,
        coalesce(amounts.deal_amount, 0) - coalesce(amounts.previous_deal_amount, 0) as amount_change,
        case when amounts.deal_amount is null then 1 else 0 end
        - case when amounts.previous_deal_amount is null then 1 else 0 end as without_amount_change,
        amounts.valid_from as moved_at
    from amounts
    inner join stints
        on
            amounts.opportunity_key = stints.opportunity_key
            and amounts.valid_from > stints.entered_at
            and coalesce(stints.exited_at, timestamp '9999-12-31 00:00:00') >= amounts.valid_from
    where
        not stints.is_closed
        and not amounts.is_first
        and amounts.deal_amount is distinct from amounts.previous_deal_amount

),

final as (

    select
        {{ surrogate_key([
            'movements.deal_stint_key', 'movements.movement', 'cast(movements.moved_at as string)'
        ]) }} as deal_movement_key,
        movements.opportunity_key,
        stints.person_key,
        movements.movement,
        movements.pipeline,
        movements.stage,
        movements.stage_name,
        {%- for segment in segments() %}
        stints.{{ segment }},
        {%- endfor %}
        movements.deals_change,
        cast(movements.amount_change as decimal(18, 2)) as amount_change,
        movements.without_amount_change,
        {{ reporting_date('movements.moved_at') }} as moved_date,
        movements.moved_at
    from movements
    inner join stints on movements.deal_stint_key = stints.deal_stint_key

)

select * from final
