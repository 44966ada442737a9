with

opportunities as (

    select * from {{ ref('int_opportunities') }}

),

fx_rates as (

    select * from {{ ref('int_fx_rates') }}

),

-- an open opportunity is valued at the rate of the day it was opened, a closed one at that of the day it closed
final as (

    select
        opportunities.opportunity_key,
        opportunities.person_key,
        {{ surrogate_key(['opportunities.source_system', 'opportunities.owner_rep_id']) }} as owner_rep_key,
        opportunities.source_system,
        opportunities.opportunity_id,
        opportunities.stage,
        opportunities.order_type,
        opportunities.lost_reason,
        opportunities.currency,
        opportunities.amount as original_amount,
        {{ to_reporting_currency('opportunities.amount', 'fx_rates.rate_to_reporting') }} as opportunity_amount,
        opportunities.probability,
        opportunities.is_won,
        opportunities.closed_at is null as is_open,
        {{ reporting_date('opportunities.created_at') }} as created_date,
        {{ reporting_date('opportunities.closed_at') }} as closed_date,
        opportunities.expected_close_date,
        opportunities.created_at,
        opportunities.closed_at
    from opportunities
    left join fx_rates
        on
            opportunities.currency = fx_rates.currency
            and {{ reporting_date('coalesce(opportunities.closed_at, opportunities.created_at)') }} >= fx_rates.valid_from
            and {{ reporting_date('coalesce(opportunities.closed_at, opportunities.created_at)') }} < fx_rates.valid_to

)

select * from final
