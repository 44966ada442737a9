with

source as (

    select
        deals.*,
        coalesce(stages.name, 'stage ' || deals.stage_id) as stage_name
    from {{ source('changelog', 'deals') }} as deals
    left join {{ newest_rows(source('changelog', 'stages'), ['id']) }} as stages on deals.stage_id = stages.id

),

{{ conform({
    'opportunity_id': 'id',
    'lead_id': 'person_id',
    'created_at': 'add_time',
    'stage': 'stage_name',
    'amount': 'value',
    'currency': 'currency',
    'closed_at': 'close_time',
    'is_won': "case status when 'won' then 'true' when 'lost' then 'false' end",
    'lost_reason': 'lost_reason',
    'owner_rep_id': 'user_id',
}) }}

select * from conformed
