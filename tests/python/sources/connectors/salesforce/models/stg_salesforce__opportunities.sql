{# It closes at the end of a day that the export gives at its beginning, when the opportunity may not have been opened
   yet. #}
with

source as (

    select
        opportunities.*,
        leads.id as lead_id,
        case
            when lower(opportunities.is_closed) = 'true'
                then greatest(opportunities.close_date, opportunities.created_date)
        end as closed_on,
        case when lower(opportunities.is_closed) = 'true' then opportunities.is_won end as was_won
    from {{ source('salesforce', 'opportunity') }} as opportunities
    left join {{ newest_rows(source('salesforce', 'lead'), ['converted_opportunity_id']) }} as leads
        on opportunities.id = leads.converted_opportunity_id
    where coalesce(opportunities.is_deleted, 'false') <> 'true'

),

{{ conform({
    'opportunity_id': 'id',
    'lead_id': 'lead_id',
    'created_at': 'created_date',
    'stage': 'stage_name',
    'amount': 'amount',
    'probability': 'probability',
    'closed_at': 'closed_on',
    'is_won': 'was_won',
    'owner_rep_id': 'owner_id',
}, formats={'probability': {'share_unit': 'percent'}}) }}

select * from conformed
