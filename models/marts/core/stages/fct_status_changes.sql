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

overruled as (

    select * from {{ ref('int_overruled_status_changes') }}

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
        stopping.status_change_key,
        stopping.person_key,
        {{ surrogate_key(['stopping.source_system', 'stopping.changed_by_rep_id']) }} as rep_key,
        stopping.source_system,
        stopping.event_id,
        stopping.status_field,
        stopping.from_status,
        stopping.to_status,
        stopping.stage_key as stage,
        stopping.reason,
        stopping.is_mapped,
        stopping.is_contact,
        stopping.is_decision,
        case
            when overruled.has_open_deal then 'open_deal'
            when overruled.status_change_key is not null then 'won_deal'
        end as overruled_by,
        case when stopping.changed_day is null then 'exact' else 'day' end as moment_precision,
        {{ reporting_date('stopping.changed_at') }} as changed_date,
        stopping.changed_at
    from stopping
    left join overruled on stopping.status_change_key = overruled.status_change_key

)

select * from final
