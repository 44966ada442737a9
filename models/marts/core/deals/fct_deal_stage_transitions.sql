with

stints as (

    select * from {{ ref('fct_deal_stage_stints') }}

),

stages as (

    select * from {{ ref('dim_deal_stages') }}

),

-- where no deal was ever lost, the source holds won deals alone, or nobody closes lost ones: every rate would be 100 %
recording as (

    select * from {{ ref('dim_recording') }} where subject = 'lost_deals' and is_recorded

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

ordered as (

    select
        *,
        row_number() over (partition by opportunity_key, pipeline, stage order by stint_number) as entry_number
    from stints
    where not is_closed and stage != 'not_recorded'

),

-- the opening of a deal is an entry, too, whatever stage it was opened in
entries as (

    select
        opportunity_key,
        stint_number,
        pipeline,
        stage,
        moment_precision,
        entered_date,
        entered_at
    from ordered
    where entry_number = 1
    union all
    select
        opportunity_key,
        stint_number,
        pipeline,
        'opened' as stage,
        moment_precision,
        entered_date,
        entered_at
    from stints
    where stint_number = 1

),

targets as (

    select
        source_system,
        pipeline,
        stage,
        'won' as to_stage,
        won_days as horizon_days
    from stages
    union all
    select
        source_system,
        pipeline,
        stage,
        next_stage as to_stage,
        next_days as horizon_days
    from stages
    where next_stage is not null

),

paths as (

    select
        entries.*,
        owners.person_key,
        {%- for segment in segments() %}
        owners.{{ segment }},
        {%- endfor %}
        targets.to_stage,
        targets.horizon_days,
        target_stages.ordinal as to_ordinal
    from entries
    inner join stints as owners on entries.opportunity_key = owners.opportunity_key and owners.stint_number = 1
    inner join recording on owners.source_system = recording.source_system
    inner join targets
        on
            owners.source_system = targets.source_system
            and entries.pipeline = targets.pipeline
            and entries.stage = targets.stage
    left join stages as target_stages
        on
            targets.source_system = target_stages.source_system
            and targets.pipeline = target_stages.pipeline
            and targets.to_stage = target_stages.stage

),

-- a deal that is won has got past every stage, unless the win was taken back; costs a row per path and stint of its
-- deal, which are few
conversions as (

    select
        paths.opportunity_key,
        paths.pipeline,
        paths.stage,
        paths.to_stage,
        min(case when stints.stint_number > paths.stint_number then stints.entered_at end) as converted_at,
        min(
            case
                when stints.stint_number > paths.stint_number and stints.stage = paths.to_stage then stints.entered_at
            end
        ) as converted_observed_at,
        min(
            case
                when stints.stint_number = paths.stint_number + 1 and stints.stage = paths.to_stage
                    then stints.entered_at
            end
        ) as converted_next_at,
        min(stints.entered_at) as converted_any_order_at,
        bool_or(
            stints.stint_number > paths.stint_number
            and stints.stage = paths.to_stage
            and stints.moment_precision != 'exact'
        ) as is_converted_about
    from paths
    inner join stints
        on
            paths.opportunity_key = stints.opportunity_key
            and (
                (stints.stage = 'won' and stints.is_current)
                or (paths.pipeline = stints.pipeline and paths.to_ordinal <= stints.ordinal)
            )
    group by 1, 2, 3, 4

),

final as (

    select
        {{ surrogate_key(['paths.opportunity_key', 'paths.pipeline', 'paths.stage', 'paths.to_stage']) }}
            as deal_transition_key,
        paths.opportunity_key,
        paths.person_key,
        paths.pipeline,
        paths.stage as from_stage,
        paths.to_stage,
        {%- for segment in segments() %}
        paths.{{ segment }},
        {%- endfor %}
        paths.horizon_days,
        greatest({{ elapsed_days('paths.entered_at', 'coalesce(conversions.converted_at, as_of.as_of)') }}, 0)
            as followed_days,
        paths.moment_precision != 'exact' or coalesce(conversions.is_converted_about, false) as rests_on_day,
        true as is_first_observed,
        paths.entered_at + paths.horizon_days * interval '1 day' <= as_of.as_of as is_mature,
        paths.entered_date,
        paths.entered_at,
        conversions.converted_at,
        conversions.converted_observed_at,
        conversions.converted_next_at,
        conversions.converted_any_order_at,
        paths.entered_at + paths.horizon_days * interval '1 day' as matures_at
    from paths
    cross join as_of
    left join conversions
        on
            paths.opportunity_key = conversions.opportunity_key
            and paths.pipeline = conversions.pipeline
            and paths.stage = conversions.stage
            and paths.to_stage = conversions.to_stage

)

select * from final
