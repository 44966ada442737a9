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

deals as (

    select
        opportunity_key,
        min(entered_at) as opened_at,
        max(case when is_closed and is_current then entered_at end) as ended_at
    from stints
    group by 1

),

opportunities as (

    select * from {{ ref('fct_opportunities') }}

),

versions as (

    select * from {{ ref('int_opportunity_versions') }}

),

fx_rates as (

    select * from {{ ref('int_fx_rates') }}

),

-- A version speaks from when it was written, the first ones since the opening. What a closed deal was worth, its record
-- says in the end.
written as (

    select
        versions.opportunity_key,
        versions.version_number,
        versions.amount,
        case
            when versions.version_number = 1 or versions.updated_at is null then deals.opened_at
            else greatest(versions.updated_at, deals.opened_at)
        end as known_at
    from versions
    inner join deals on versions.opportunity_key = deals.opportunity_key
    union all
    select
        versions.opportunity_key,
        versions.version_number + 1 as version_number,
        versions.amount,
        deals.ended_at as known_at
    from versions
    inner join deals on versions.opportunity_key = deals.opportunity_key
    where versions.is_current and deals.ended_at is not null

),

ranked as (

    select
        written.opportunity_key,
        written.amount,
        written.known_at,
        row_number() over (
            partition by written.opportunity_key, written.known_at order by written.version_number desc
        ) as rank_in_moment
    from written
    inner join deals on written.opportunity_key = deals.opportunity_key
    where deals.ended_at is null or written.known_at <= deals.ended_at

),

-- at one rate for each deal, that of fct_opportunities, so that nothing moves with the currencies
amounts as (

    select
        ranked.opportunity_key,
        ranked.known_at,
        {{ to_reporting_currency('ranked.amount', 'fx_rates.rate_to_reporting') }} as amount,
        lag({{ to_reporting_currency('ranked.amount', 'fx_rates.rate_to_reporting') }}) over in_order as amount_before,
        lag(ranked.known_at) over in_order is null as is_first,
        lead(ranked.known_at) over in_order as known_until
    from ranked
    inner join opportunities on ranked.opportunity_key = opportunities.opportunity_key
    left join fx_rates
        on
            opportunities.currency = fx_rates.currency
            and {{ in_force('fx_rates', 'coalesce(opportunities.closed_date, opportunities.created_date)') }}
    where ranked.rank_in_moment = 1
    window in_order as (partition by ranked.opportunity_key order by ranked.known_at)

),

entries as (

    select
        stints.*,
        amounts.amount
    from stints
    inner join amounts
        on
            stints.opportunity_key = amounts.opportunity_key
            and stints.entered_at >= amounts.known_at
            and coalesce(amounts.known_until, timestamp '9999-12-31 00:00:00') > stints.entered_at

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
        coalesce(amounts.amount, 0) - coalesce(amounts.amount_before, 0) as amount_change,
        case when amounts.amount is null then 1 else 0 end - case when amounts.amount_before is null then 1 else 0 end
            as without_amount_change,
        amounts.known_at as moved_at
    from amounts
    inner join stints
        on
            amounts.opportunity_key = stints.opportunity_key
            and amounts.known_at > stints.entered_at
            and coalesce(stints.exited_at, timestamp '9999-12-31 00:00:00') >= amounts.known_at
    where
        not stints.is_closed
        and not amounts.is_first
        and amounts.amount is distinct from amounts.amount_before

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
