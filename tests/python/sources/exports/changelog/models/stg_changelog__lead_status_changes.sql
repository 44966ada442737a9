with

source as (

    select
        changes.*,
        deals.person_id,
        case
            when changes.field = 'status' then changes.new_value
            else coalesce(stages.name, 'stage ' || changes.new_value)
        end as new_status
    from {{ source('changelog', 'changes') }} as changes
    left join {{ newest_rows(source('changelog', 'deals'), ['id']) }} as deals on changes.deal_id = deals.id
    left join {{ newest_rows(source('changelog', 'stages'), ['id']) }} as stages on changes.new_value = stages.id
    where changes.field in ('stage_id', 'status')

),

{{ conform({
    'event_id': 'id',
    'lead_id': 'person_id',
    'changed_at': 'changed_at',
    'to_status': 'new_status',
    'changed_by_rep_id': 'user_id',
}) }}

select * from conformed
