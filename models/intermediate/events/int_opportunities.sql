with

opportunities as (

    select * from {{ ref('int_opportunities_versioned') }} where _outcome = 'staged'

),

leads as (

    select * from {{ ref('int_lead_persons') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

-- an outcome that lies after as_of is not known yet
final as (

    select
        {{ surrogate_key(['opportunities.source_system', 'opportunities.opportunity_id']) }} as opportunity_key,
        leads.person_key,
        leads.disposition,
        opportunities.source_system,
        opportunities.opportunity_id,
        opportunities.lead_id,
        opportunities.owner_rep_id,
        opportunities.stage,
        opportunities.amount,
        coalesce(opportunities.currency, '{{ var("reporting_currency") }}') as currency,
        opportunities.probability,
        coalesce(opportunities.order_type, 'new') as order_type,
        case when opportunities.closed_at <= as_of.as_of then opportunities.is_won end as is_won,
        case when opportunities.closed_at <= as_of.as_of then opportunities.lost_reason end as lost_reason,
        opportunities.expected_close_date,
        opportunities.created_day,
        case when opportunities.closed_at <= as_of.as_of then opportunities.closed_day end as closed_day,
        opportunities.created_at,
        case when opportunities.closed_at <= as_of.as_of then opportunities.closed_at end as closed_at
    from opportunities
    cross join as_of
    left join leads
        on opportunities.source_system = leads.source_system and opportunities.lead_id = leads.lead_id
    where opportunities.created_at <= as_of.as_of and not coalesce(opportunities.created_at < as_of.begins_at, false)

)

select * from final
