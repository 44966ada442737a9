with

stop_statuses as (

    select
        source_system,
        {{ normalised_word('status') }} as status,
        is_contact,
        is_decision
    from {{ ref('sla_stop_statuses') }}

),

status_changes as (

    select * from {{ ref('int_status_changes') }} where not is_after_as_of

),

-- a row for the source system goes before one for all
stopping as (

    select
        status_changes.*,
        coalesce(own.is_contact, common.is_contact, false) as is_contact,
        coalesce(own.is_decision, common.is_decision, false) as is_decision
    from status_changes
    left join stop_statuses as own
        on
            status_changes.status_field = 'working'
            and status_changes.source_system = own.source_system
            and status_changes.to_word = own.status
    left join stop_statuses as common
        on
            status_changes.status_field = 'working'
            and common.source_system is null
            and status_changes.to_word = common.status

),

-- without a person: a lead that was never landed, or one that counts for nobody
final as (

    select
        status_change_key,
        person_key,
        {{ surrogate_key(['source_system', 'changed_by_rep_id']) }} as rep_key,
        source_system,
        event_id,
        status_field,
        from_status,
        to_status,
        stage_key as stage,
        reason,
        is_mapped,
        is_contact,
        is_decision,
        case when changed_day is null then 'exact' else 'day' end as moment_precision,
        {{ reporting_date('changed_at') }} as changed_date,
        changed_at
    from stopping

)

select * from final
