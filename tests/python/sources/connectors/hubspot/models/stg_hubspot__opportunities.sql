with

first_contacts as (

    select
        deal_id,
        min(contact_id) as contact_id
    from {{ source('hubspot', 'deal_contact') }}
    group by deal_id

),

source as (

    select
        deals.*,
        first_contacts.contact_id,
        coalesce(stages.label, deals.deal_pipeline_stage_id, 'without stage') as stage_name,
        case when lower(stages.is_closed) = 'true' then deals.property_closedate end as closed_on,
        case when lower(stages.is_closed) = 'true' then stages.closed_won end as is_won
    from {{ source('hubspot', 'deal') }} as deals
    left join first_contacts on deals.deal_id = first_contacts.deal_id
    left join {{ newest_rows(source('hubspot', 'deal_pipeline_stage'), ['stage_id']) }} as stages
        on deals.deal_pipeline_stage_id = stages.stage_id
    where coalesce(deals.is_deleted, 'false') <> 'true'

),

{{ conform({
    'opportunity_id': 'deal_id',
    'lead_id': 'contact_id',
    'created_at': 'property_createdate',
    'stage': 'stage_name',
    'amount': 'property_amount',
    'closed_at': 'closed_on',
    'is_won': 'is_won',
    'owner_rep_id': 'owner_id',
}) }}

select * from conformed
