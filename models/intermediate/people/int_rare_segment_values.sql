-- Grown from a loop; `dbt compile -s int_rare_segment_values` shows the SQL.
{% set of_channels = [
    'int_campaigns_versioned', 'int_costs_versioned', 'int_web_traffic_versioned', 'int_stage_counts_versioned'
] %}
{% set of_persons = {'channel': 'channel', 'campaign': 'campaign_id', 'country': 'country'} %}

with

segments as (

    select * from {{ ref('int_person_segments') }}

),

rep_teams as (

    select * from {{ ref('int_rep_validity') }}

),

targets as (

    select * from {{ ref('int_target_segments') }}

),

-- a channel may be that of costs, traffic or counts alone
found as (

    {%- for segment_type, column in of_persons.items() %}
    select
        '{{ segment_type }}' as segment_type,
        {{ column }} as segment_value,
        person_key
    from segments
    union
    {%- endfor %}
    select
        'owner_team' as segment_type,
        rep_teams.team as segment_value,
        segments.person_key
    from segments
    inner join rep_teams
        on segments.source_system = rep_teams.source_system and segments.owner_rep_id = rep_teams.rep_id
    {%- for versions in of_channels %}
    union
    select
        'channel' as segment_type,
        channel as segment_value,
        cast(null as string) as person_key
    from {{ ref(versions) }}
    where _outcome = 'staged'
    {%- endfor %}

),

counted as (

    select
        segment_type,
        segment_value,
        count(person_key) as persons
    from found
    where segment_value is not null and segment_value not in ('unassigned', 'other')
    group by 1, 2

),

ranked as (

    select
        *,
        row_number() over (partition by segment_type order by persons desc, segment_value asc) as value_rank
    from counted

),

final as (

    select
        ranked.segment_type,
        ranked.segment_value,
        'other' as folds_into,
        ranked.persons,
        cast(ranked.value_rank as bigint) as value_rank
    from ranked
    -- a value that is planned for is not rare
    anti join targets
        on ranked.segment_type = targets.segment_type and ranked.segment_value = targets.segment_value
    where ranked.value_rank > {{ var('segment_values_kept') }}

)

select * from final
