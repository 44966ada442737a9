with

deals as (

    select
        *,
        least(created_at, coalesce(closed_at, created_at)) as opened_at
    from {{ ref('int_opportunities') }}
    where not has_unknown_close

),

evidence as (

    select * from {{ ref('int_deal_stage_evidence') }}

),

words as (

    select * from {{ ref('int_pipeline_words') }}

),

-- The record says how a deal ended, and when. Where it gives no more than the day, the close lies behind what else
-- happened on it, or where a change to the stage of that outcome lies.
days_of_close as (

    select
        deals.opportunity_key,
        max(evidence.occurred_at) as last_at,
        max(
            case
                when
                    evidence.evidence = 'stage_change'
                    and evidence.outcome = case when deals.is_won then 'won' else 'lost' end
                    and evidence.moment_precision = 'exact'
                    then evidence.occurred_at
            end
        ) as told_at
    from deals
    inner join evidence
        on
            deals.opportunity_key = evidence.opportunity_key
            and {{ reporting_date('evidence.occurred_at') }} = {{ reporting_date('deals.closed_at') }}
    where deals.closed_day is not null
    group by 1

),

recorded as (

    select
        deals.opportunity_key,
        deals.opened_at,
        words.pipeline,
        case when deals.is_won then 'won' when not deals.is_won then 'lost' end as outcome,
        case when deals.created_day is null then 'exact' else 'day' end as opening_precision,
        case when deals.closed_day is null or days_of_close.told_at is not null then 'exact' else 'day' end
            as closing_precision,
        greatest(
            deals.opened_at, coalesce(days_of_close.told_at, days_of_close.last_at, deals.closed_at), deals.closed_at
        ) as ended_at
    from deals
    inner join words
        on
            deals.source_system = words.source_system
            and coalesce({{ normalised_word('deals.pipeline') }}, '') = words.pipeline_word
            and {{ normalised_word('deals.stage') }} = words.stage_word
    left join days_of_close on deals.opportunity_key = days_of_close.opportunity_key

),

-- what is dated behind the close counts for nothing, nor does an end that the record does not know: only one that a
-- later open stage takes back
standing as (

    select
        evidence.*,
        max(case when evidence.outcome is null then evidence.position end) over (
            partition by evidence.opportunity_key
        ) as last_open_position
    from evidence
    inner join recorded on evidence.opportunity_key = recorded.opportunity_key
    where recorded.outcome is null or evidence.occurred_at < recorded.ended_at

),

told as (

    select * from standing where outcome is null or last_open_position > position

),

beginnings as (

    select
        opportunity_key,
        min(occurred_at) as first_at
    from told
    group by 1

),

placed as (

    select
        opportunity_key,
        evidence,
        pipeline,
        coalesce(outcome, stage) as stage,
        coalesce(outcome, stage_name) as stage_name,
        case when outcome is null then ordinal end as ordinal,
        outcome,
        position,
        moment_precision,
        occurred_at
    from told

    union all

    -- opened in a stage that nothing tells
    select
        recorded.opportunity_key,
        'creation' as evidence,
        recorded.pipeline,
        'not_recorded' as stage,
        'not_recorded' as stage_name,
        cast(null as bigint) as ordinal,
        cast(null as string) as outcome,
        0 as position,
        recorded.opening_precision as moment_precision,
        recorded.opened_at as occurred_at
    from recorded
    left join beginnings on recorded.opportunity_key = beginnings.opportunity_key
    where beginnings.first_at is null or beginnings.first_at > recorded.opened_at

    union all

    select
        opportunity_key,
        'close' as evidence,
        pipeline,
        outcome as stage,
        outcome as stage_name,
        cast(null as bigint) as ordinal,
        outcome,
        1000000 as position,
        closing_precision as moment_precision,
        ended_at as occurred_at
    from recorded
    where outcome is not null

),

compared as (

    select
        *,
        lag(pipeline) over (partition by opportunity_key order by position) as pipeline_before,
        lag(stage) over (partition by opportunity_key order by position) as stage_before
    from placed

),

final as (

    select
        opportunity_key,
        cast(row_number() over (partition by opportunity_key order by position) as int) as move_number,
        evidence,
        pipeline,
        stage,
        stage_name,
        ordinal,
        outcome,
        moment_precision,
        occurred_at
    from compared
    where stage_before is null or stage_before != stage or pipeline_before != pipeline

)

select * from final
