-- A deal that closed at a moment that is not given has no life that could be followed.
with

deals as (

    select
        *,
        least(created_at, coalesce(closed_at, created_at)) as opened_at
    from {{ ref('int_opportunities') }}
    where not has_unknown_close

),

changes as (

    select * from {{ ref('int_opportunity_stage_changes') }}

),

versions as (

    select * from {{ ref('int_opportunity_versions') }}

),

words as (

    select * from {{ ref('int_pipeline_words') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

followed as (

    select
        source_system,
        opportunity_id
    from changes
    group by 1, 2

),

-- the stage that the first change leaves is the one that the deal was opened in; what versions show was seen then, and
-- had come before
written as (

    select
        deals.opportunity_key,
        'stage_change' as evidence,
        changes.pipeline,
        changes.to_stage as stage,
        changes.change_number as evidence_number,
        case when changes.changed_day is null then 'exact' else 'day' end as moment_precision,
        changes.changed_at as occurred_at
    from deals
    inner join changes
        on deals.source_system = changes.source_system and deals.opportunity_id = changes.opportunity_id

    union all

    select
        deals.opportunity_key,
        'creation' as evidence,
        changes.pipeline,
        changes.from_stage as stage,
        0 as evidence_number,
        case when deals.created_day is null then 'exact' else 'day' end as moment_precision,
        deals.opened_at as occurred_at
    from deals
    inner join changes
        on
            deals.source_system = changes.source_system
            and deals.opportunity_id = changes.opportunity_id
            and changes.change_number = 1
    where changes.from_stage is not null and changes.changed_at > deals.opened_at

    union all

    select
        deals.opportunity_key,
        'version' as evidence,
        versions.pipeline,
        versions.stage,
        versions.version_number as evidence_number,
        case
            when coalesce(versions.updated_at, as_of.as_of) > deals.opened_at then 'observed'
            when deals.created_day is null then 'exact'
            else 'day'
        end as moment_precision,
        coalesce(versions.updated_at, as_of.as_of) as occurred_at
    from deals
    cross join as_of
    inner join versions on deals.opportunity_key = versions.opportunity_key
    anti join followed
        on deals.source_system = followed.source_system and deals.opportunity_id = followed.opportunity_id
    where versions.updated_at is not null or versions.is_current

),

final as (

    select
        written.opportunity_key,
        written.evidence,
        words.pipeline,
        words.stage,
        words.stage_name,
        words.ordinal,
        words.outcome,
        row_number() over (
            partition by written.opportunity_key
            order by greatest(written.occurred_at, deals.opened_at), written.evidence_number
        ) as position,
        written.moment_precision,
        greatest(written.occurred_at, deals.opened_at) as occurred_at
    from written
    inner join deals on written.opportunity_key = deals.opportunity_key
    inner join words
        on
            deals.source_system = words.source_system
            and coalesce({{ normalised_word('written.pipeline') }}, '') = words.pipeline_word
            and {{ normalised_word('written.stage') }} = words.stage_word

)

select * from final
