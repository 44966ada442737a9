{# Every event of a deal is a version of it. #}
with

openings as (

    select
        deal_id,
        min("at") as opened_at
    from {{ source('eventlog', 'events') }}
    where event_type = 'deal.opened'
    group by deal_id

),

source as (

    select
        events.*,
        coalesce(openings.opened_at, events."at") as opened_at,
        case when events.event_type <> 'deal.opened' then events."at" end as ended_at
    from {{ source('eventlog', 'events') }} as events
    left join openings on events.deal_id = openings.deal_id
    where events.event_type in ('deal.opened', 'deal.won', 'deal.lost')

),

{{ conform({
    'opportunity_id': 'deal_id',
    'lead_id': 'contact_id',
    'created_at': 'opened_at',
    'updated_at': '"at"',
    'stage': "split_part(event_type, '.', 2)",
    'amount': 'amount',
    'currency': "'EUR'",
    'closed_at': 'ended_at',
    'is_won': "case event_type when 'deal.won' then 'true' when 'deal.lost' then 'false' end",
    'owner_rep_id': 'agent_id',
}) }}

select * from conformed
