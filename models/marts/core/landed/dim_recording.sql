-- Grown from a loop over the subjects; `dbt compile -s dim_recording` shows the SQL.
{% set subjects = {
    'activities': ('fct_activities', 'occurred_date', 'true'),
    'contacts': ('fct_contacts', 'occurred_date', 'true'),
    'bant': ('fct_bant_assessments', 'assessed_date', 'true'),
    'opportunities': ('fct_opportunities', 'created_date', 'true'),
    'lost_deals': ('fct_opportunities', 'created_date', 'not is_won'),
    'orders': ('fct_orders', 'ordered_date', 'true'),
    'cost_of_goods': ('fct_orders', 'ordered_date', 'cogs_amount is not null'),
    'subscriptions': ('fct_subscriptions', 'started_date', 'true'),
    'origin': ('dim_persons', 'created_date', "origin_owner not in ('unknown', 'unassigned')"),
    'owners': ('dim_persons', 'created_date', 'owner_rep_key is not null'),
    'reasons': ('fct_status_changes', 'changed_date', 'reason is not null'),
    'costs': ('fct_costs', 'cost_date', 'true'),
    'traffic': ('fct_web_traffic', 'traffic_date', 'true'),
} %}

with

stages as (

    select * from {{ ref('dim_stages') }} where not is_side

),

stage_map as (

    select * from {{ ref('int_stage_map') }}

),

declared as (

    select * from {{ ref('recorded_subjects') }}

),

-- one scan of each fact; the stages of a person are those of the system of the person
counted as (

    select
        source_system,
        'stage_' || stage as subject,
        count(*) as row_count,
        min(entered_date) as recorded_from_date,
        max(entered_date) as recorded_until_date
    from {{ ref('fct_stage_entries') }}
    where not is_inferred
    group by 1, 2
    {%- for subject, (fact, day, condition) in subjects.items() %}
    union all
    select
        source_system,
        '{{ subject }}' as subject,
        count(*) as row_count,
        min({{ day }}) as recorded_from_date,
        max({{ day }}) as recorded_until_date
    from {{ ref(fact) }}
    where {{ condition }}
    group by 1
    {%- endfor %}

),

systems as (

    select distinct source_system from counted

),

subjects as (

    select 'stage_' || stage as subject from stages
    {%- for subject in subjects %}
    union all
    select '{{ subject }}' as subject
    {%- endfor %}

),

-- a stage that nobody reached yet is recorded all the same where the system could have said so
possible as (

    select
        counted.source_system,
        'stage_' || stages.stage as subject
    from counted
    inner join stages
        on
            (stages.stage = 'mql' and counted.subject = 'activities')
            or (stages.stage = 'opportunity' and counted.subject = 'opportunities')
            or (stages.stage = 'customer' and counted.subject in ('opportunities', 'orders', 'subscriptions'))
    union
    select
        source_system,
        'stage_' || stage_key as subject
    from stage_map
    where source_system is not null

),

final as (

    select
        systems.source_system,
        subjects.subject,
        coalesce(
            declared.is_recorded, counted.subject is not null or possible.subject is not null
        ) as is_recorded,
        cast(coalesce(counted.row_count, 0) as bigint) as row_count,
        counted.recorded_from_date,
        counted.recorded_until_date
    from systems
    cross join subjects
    left join counted
        on systems.source_system = counted.source_system and subjects.subject = counted.subject
    left join possible
        on systems.source_system = possible.source_system and subjects.subject = possible.subject
    left join declared
        on systems.source_system = declared.source_system and subjects.subject = declared.subject

)

select * from final
