with

opportunities as (

    select
        *,
        coalesce({{ normalised_word('pipeline') }}, '') as pipeline_word,
        {{ normalised_word('stage') }} as stage_word
    from {{ ref('int_opportunities_versioned') }}
    where _outcome = 'staged'

),

stage_map as (

    select * from {{ ref('int_stage_map') }} where status_field is distinct from 'working'

),

spellings as (

    select * from {{ ref('int_pipeline_spellings') }}

),

leads as (

    select * from {{ ref('int_opportunity_leads') }} where is_attributed

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

-- what the pipeline declares of the stage goes before the map, and a row of that for the source system before one for
-- all
staged as (

    select
        opportunities.*,
        case
            when spellings.stage_word is not null then spellings.outcome
            else
                case case when own.status is not null then own.stage_key else common.stage_key end
                    when 'customer' then 'won'
                    when 'lost' then 'lost'
                end
        end as stage_outcome
    from opportunities
    left join spellings
        on
            opportunities.source_system = spellings.source_system
            and opportunities.pipeline_word = spellings.pipeline_word
            and opportunities.stage_word = spellings.stage_word
    left join stage_map as own
        on
            opportunities.source_system = own.source_system
            and opportunities.stage_word = own.status
            and {{ in_force('own', 'coalesce(opportunities.closed_at, opportunities.created_at)') }}
    left join stage_map as common
        on
            common.source_system is null
            and opportunities.stage_word = common.status
            and {{ in_force('common', 'coalesce(opportunities.closed_at, opportunities.created_at)') }}

),

-- What the record says of its end. Many systems write false for "not won" while a deal is open, so that false without a
-- close says nothing; where `is_won` says nothing, a stage may: closed won, closed lost.
told as (

    select
        *,
        case
            when is_won or (not is_won and closed_at is not null) then is_won
            when stage_outcome = 'won' and is_won is null then true
            when stage_outcome = 'lost' then false
        end as told_won
    from staged

),

-- An outcome that lies after as_of is not known yet; one without a moment is known once its version was written.
known as (

    select
        told.*,
        told.told_won is not null
        and coalesce(coalesce(told.closed_at, told.updated_at) <= as_of.as_of, told.closed_at is null) as is_known,
        told.told_won is null and told.closed_at is not null and told.closed_at <= as_of.as_of as has_no_outcome
    from told
    cross join as_of
    where told.created_at <= as_of.as_of and not coalesce(told.created_at < as_of.begins_at, false)

),

final as (

    select
        {{ surrogate_key(['known.source_system', 'known.opportunity_id']) }} as opportunity_key,
        leads.lead_key,
        leads.person_key,
        leads.disposition,
        known.source_system,
        known.opportunity_id,
        leads.lead_id,
        known.owner_rep_id,
        known.pipeline,
        known.stage,
        known.amount,
        coalesce(known.currency, '{{ var("reporting_currency") }}') as currency,
        known.probability,
        coalesce(known.order_type, 'new') as order_type,
        case when known.is_known then known.told_won end as is_won,
        case when known.is_known then known.lost_reason end as lost_reason,
        known.is_known and known.closed_at is null as has_unknown_close,
        known.has_no_outcome,
        -- the close of a deal without an outcome is what was expected
        coalesce(
            known.expected_close_date, case when known.told_won is null then {{ reporting_date('known.closed_at') }} end
        ) as expected_close_date,
        known.created_day,
        case when known.is_known then known.closed_day end as closed_day,
        known.created_at,
        case when known.is_known then known.closed_at end as closed_at
    from known
    left join leads
        on known.source_system = leads.source_system and known.opportunity_id = leads.opportunity_id

)

select * from final
