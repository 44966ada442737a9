with

costs as (

    select
        *,
        coalesce(cost_end_date, cost_date) as last_date
    from {{ ref('int_costs_versioned') }}
    where _outcome = 'staged'

),

fx_rates as (

    select * from {{ ref('int_fx_rates') }}

),

rare_channels as (

    select * from {{ ref('int_rare_segment_values') }} where segment_type = 'channel'

),

-- at the rate of the first day: at those of each day, the days of a cost would not add up to it
priced as (

    select
        costs.*,
        coalesce(rare_channels.folds_into, costs.channel, 'unassigned') as counted_channel,
        {{ to_reporting_currency('costs.amount', 'fx_rates.rate_to_reporting') }} as reporting_amount,
        cast({{ dbt.datediff('costs.cost_date', 'costs.last_date', 'day') }} + 1 as int) as period_days
    from costs
    left join fx_rates
        on
            costs.currency = fx_rates.currency
            and {{ in_force('fx_rates', 'costs.cost_date') }}
    left join rare_channels on costs.channel = rare_channels.segment_value

),

daily as (

    select
        *,
        {{ explode_days('cost_date', 'last_date') }} as date_day
    from priced

),

numbered as (

    select
        *,
        {{ dbt.datediff('cost_date', 'date_day', 'day') }} + 1 as day_number
    from daily
    where {{ is_known('date_day') }}

),

final as (

    select
        case
            when period_days = 1 then {{ surrogate_key(['source_system', 'cost_id']) }}
            else {{ surrogate_key(['source_system', 'cast(date_day as string)', 'cost_id']) }}
        end as cost_key,
        {{ surrogate_key(['source_system', 'campaign_id']) }} as campaign_key,
        source_system,
        cost_id,
        cost_type,
        counted_channel as channel,
        coalesce(channel, 'unassigned') as landed_channel,
        currency,
        {{ even_part_of_amount('amount', 'period_days', 'day_number') }} as original_amount,
        {{ even_part_of_amount('reporting_amount', 'period_days', 'day_number') }} as cost_amount,
        {{ even_part('clicks', 'period_days', 'day_number') }} as clicks,
        {{ even_part('impressions', 'period_days', 'day_number') }} as impressions,
        period_days,
        date_day as cost_date
    from numbered

)

select * from final
