with

moves as (

    select * from {{ ref('int_stage_moves') }}

),

segments as (

    select * from {{ ref('int_person_segments') }}

),

rep_teams as (

    select * from {{ ref('int_rep_validity') }}

),

rare_channels as (

    select * from {{ ref('int_rare_segment_values') }} where segment_type = 'channel'

),

rare_campaigns as (

    select * from {{ ref('int_rare_segment_values') }} where segment_type = 'campaign'

),

rare_countries as (

    select * from {{ ref('int_rare_segment_values') }} where segment_type = 'country'

),

rare_teams as (

    select * from {{ ref('int_rare_segment_values') }} where segment_type = 'owner_team'

),

neighbours as (

    select
        *,
        row_number() over (partition by person_key order by position) as stint_number,
        lead(occurred_at) over (partition by person_key order by position) as next_at,
        lead(stage_key) over (partition by person_key order by position) as next_stage,
        coalesce(
            not is_side and lag(is_side) over (partition by person_key order by position),
            false
        ) as is_reentry
    from moves

),

cycles as (

    select
        *,
        1 + count(case when is_reentry then 1 end) over (
            partition by person_key order by position rows between unbounded preceding and current row
        ) as cycle_number
    from neighbours

),

regressions as (

    select
        *,
        coalesce(
            not is_side
            and ordinal < lag(ordinal) over (partition by person_key, cycle_number order by position),
            false
        ) as is_regression
    from cycles

),

final as (

    select
        {{ surrogate_key(['regressions.person_key', 'cast(regressions.stint_number as string)']) }} as stint_key,
        {{ surrogate_key(['regressions.person_key', 'cast(regressions.cycle_number as string)']) }} as cycle_key,
        regressions.person_key,
        cast(regressions.cycle_number as int) as cycle_number,
        cast(regressions.stint_number as int) as stint_number,
        regressions.stage_key as stage,
        regressions.next_stage,
        regressions.evidence,
        regressions.reason,
        {{ surrogate_key(['regressions.source_system', 'regressions.rep_id']) }} as rep_key,
        segments.source_system,
        coalesce(rare_channels.folds_into, segments.channel) as channel,
        coalesce(rare_campaigns.folds_into, segments.campaign_id) as campaign,
        coalesce(rare_countries.folds_into, segments.country) as country,
        segments.origin_owner,
        coalesce(rare_teams.folds_into, rep_teams.team, 'unassigned') as owner_team,
        segments.persona,
        segments.fit_band,
        regressions.is_side,
        regressions.is_regression,
        regressions.moment_precision,
        regressions.next_stage is null as is_open,
        {{ reporting_date('regressions.occurred_at') }} as entered_date,
        regressions.occurred_at as entered_at,
        -- what is dated before the creation ends the first stint on the spot, never before it began
        case
            when regressions.next_at < regressions.occurred_at then regressions.occurred_at
            else regressions.next_at
        end as exited_at
    from regressions
    inner join segments
        on
            regressions.person_key = segments.person_key
            and {{ in_force('segments', 'regressions.occurred_at') }}
    left join rep_teams
        on
            segments.source_system = rep_teams.source_system
            and segments.owner_rep_id = rep_teams.rep_id
            and {{ in_force('rep_teams', reporting_date('regressions.occurred_at')) }}
    left join rare_channels on segments.channel = rare_channels.segment_value
    left join rare_campaigns on segments.campaign_id = rare_campaigns.segment_value
    left join rare_countries on segments.country = rare_countries.segment_value
    left join rare_teams on rep_teams.team = rare_teams.segment_value

)

select * from final
