with

reps as (

    select * from {{ ref('int_rep_validity') }} where valid_to = date '9999-12-31'

),

mentions as (

    select * from {{ ref('int_rep_mentions') }}

),

-- a rep that is mentioned but not declared is a row of its own, so that no fact loses its rep
final as (

    select
        {{ surrogate_key([
            'coalesce(reps.source_system, mentions.source_system)',
            'coalesce(reps.rep_id, mentions.rep_id)',
        ]) }} as rep_key,
        coalesce(reps.source_system, mentions.source_system) as source_system,
        coalesce(reps.rep_id, mentions.rep_id) as rep_id,
        coalesce(reps.name, reps.rep_id, mentions.rep_id) as rep_name,
        coalesce(reps.role, 'unassigned') as role,
        coalesce(reps.team, 'unassigned') as team,
        coalesce(reps.calendar_id, 'default') as calendar_id,
        reps.hourly_cost as hourly_cost_amount,
        reps.rep_id is not null as is_declared,
        reps.left_on as left_date
    from reps
    full outer join mentions
        on reps.source_system = mentions.source_system and reps.rep_id = mentions.rep_id

)

select * from final
