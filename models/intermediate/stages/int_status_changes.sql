with

changes as (

    select * from {{ ref('int_lead_status_changes_versioned') }} where _outcome = 'staged'

),

leads as (

    select * from {{ ref('int_lead_persons') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

stage_map as (

    select * from {{ ref('int_stage_map') }}

),

normalised as (

    select
        *,
        coalesce(status_field, 'lifecycle') as field,
        {{ normalised_word('from_status') }} as from_word,
        {{ normalised_word('to_status') }} as to_word
    from changes

),

-- a row of the map for the source system goes before one for all
mapped as (

    select
        normalised.*,
        coalesce(own.status, common.status) is not null as is_mapped,
        case when own.status is not null then own.stage_key else common.stage_key end as stage_key,
        case when own_before.status is not null then own_before.stage_key else common_before.stage_key end
            as from_stage_key
    from normalised
    left join stage_map as own
        on
            normalised.source_system = own.source_system
            and normalised.to_word = own.status
            and normalised.field = own.status_field
            and {{ in_force('own', 'normalised.changed_at') }}
    left join stage_map as common
        on
            common.source_system is null
            and normalised.to_word = common.status
            and normalised.field = common.status_field
            and {{ in_force('common', 'normalised.changed_at') }}
    left join stage_map as own_before
        on
            normalised.source_system = own_before.source_system
            and normalised.from_word = own_before.status
            and normalised.field = own_before.status_field
            and {{ in_force('own_before', 'normalised.changed_at') }}
    left join stage_map as common_before
        on
            common_before.source_system is null
            and normalised.from_word = common_before.status
            and normalised.field = common_before.status_field
            and {{ in_force('common_before', 'normalised.changed_at') }}

),

final as (

    select
        {{ surrogate_key(['mapped.source_system', 'mapped.event_id']) }} as status_change_key,
        leads.person_key,
        leads.lead_key,
        mapped.source_system,
        mapped.event_id,
        mapped.lead_id,
        mapped.changed_by_rep_id,
        mapped.field as status_field,
        mapped.from_status,
        mapped.to_status,
        mapped.from_word,
        mapped.to_word,
        mapped.stage_key,
        mapped.from_stage_key,
        mapped.reason,
        mapped.sequence,
        mapped.is_mapped,
        leads.lead_key is null as is_orphan,
        mapped.changed_at > as_of.as_of or coalesce(mapped.changed_at < as_of.begins_at, false) as is_after_as_of,
        mapped.changed_day,
        mapped.changed_at
    from mapped
    cross join as_of
    left join leads on mapped.source_system = leads.source_system and mapped.lead_id = leads.lead_id

)

select * from final
