with

opportunities as (

    select * from {{ ref('int_opportunities') }}

),

-- an open opportunity is valued at the rate of the day it was opened, a closed one at that of the day it closed
valued as (

    select
        *,
        {{ reporting_date('coalesce(closed_at, created_at)') }} as valued_on
    from opportunities

),

fx_rates as (

    select * from {{ ref('int_fx_rates') }}

),

final as (

    select
        valued.opportunity_key,
        valued.person_key,
        {{ surrogate_key(['valued.source_system', 'valued.owner_rep_id']) }} as owner_rep_key,
        valued.source_system,
        valued.opportunity_id,
        valued.stage,
        valued.order_type,
        valued.lost_reason,
        valued.currency,
        valued.amount as original_amount,
        {{ to_reporting_currency('valued.amount', 'fx_rates.rate_to_reporting') }} as opportunity_amount,
        valued.probability,
        valued.is_won,
        valued.is_won is null as is_open,
        valued.has_unknown_close,
        valued.has_no_outcome,
        coalesce(valued.closed_at < valued.created_at, false) as is_closed_before_creation,
        {{ reporting_date('valued.created_at') }} as created_date,
        {{ reporting_date('valued.closed_at') }} as closed_date,
        valued.expected_close_date,
        valued.created_at,
        valued.closed_at
    from valued
    left join fx_rates
        on
            valued.currency = fx_rates.currency
            and {{ in_force('fx_rates', 'valued.valued_on') }}

)

select * from final
