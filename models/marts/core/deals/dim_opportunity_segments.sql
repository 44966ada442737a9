with

opportunities as (

    select * from {{ ref('int_opportunities') }}

),

stints as (

    select * from {{ ref('fct_stage_stints') }}

),

reps as (

    select * from {{ ref('dim_reps') }}

),

rare_teams as (

    select * from {{ ref('int_rare_segment_values') }} where segment_type = 'owner_team'

),

-- The segments are those that the person had when the opportunity was opened: of the last stint entered by then, or
-- else of the first one. Costs a row per opportunity and stint of its person, which are few.
placed as (

    select
        opportunities.opportunity_key,
        {%- for segment in segments() if segment != 'source_system' %}
        stints.{{ segment }},
        {%- endfor %}
        row_number() over (
            partition by opportunities.opportunity_key
            order by
                case
                    when stints.entered_at <= opportunities.created_at then stints.stint_number
                    else -stints.stint_number
                end desc
        ) as stint_rank
    from opportunities
    inner join stints on opportunities.person_key = stints.person_key

),

final as (

    select
        opportunities.opportunity_key,
        opportunities.source_system,
        {%- for segment in segments() if segment not in ('source_system', 'owner_team') %}
        coalesce(placed.{{ segment }}, 'unassigned') as {{ segment }},
        {%- endfor %}
        coalesce(rare_teams.folds_into, nullif(reps.team, 'unassigned'), placed.owner_team, 'unassigned') as owner_team
    from opportunities
    left join placed on opportunities.opportunity_key = placed.opportunity_key and placed.stint_rank = 1
    left join reps on {{ surrogate_key(['opportunities.source_system', 'opportunities.owner_rep_id']) }} = reps.rep_key
    left join rare_teams on reps.team = rare_teams.segment_value

)

select * from final
