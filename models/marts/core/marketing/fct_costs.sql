with

costs as (

    select * from {{ ref('int_costs_versioned') }} where _outcome = 'staged' and {{ is_known('cost_date') }}

),

fx_rates as (

    select * from {{ ref('int_fx_rates') }}

),

final as (

    select
        {{ surrogate_key(['costs.source_system', 'costs.cost_id']) }} as cost_key,
        {{ surrogate_key(['costs.source_system', 'costs.campaign_id']) }} as campaign_key,
        costs.source_system,
        costs.cost_id,
        costs.cost_type,
        coalesce(costs.channel, 'unassigned') as channel,
        costs.currency,
        costs.amount as original_amount,
        {{ to_reporting_currency('costs.amount', 'fx_rates.rate_to_reporting') }} as cost_amount,
        costs.cost_date
    from costs
    left join fx_rates
        on
            costs.currency = fx_rates.currency
            and {{ in_force('fx_rates', 'costs.cost_date') }}

)

select * from final
