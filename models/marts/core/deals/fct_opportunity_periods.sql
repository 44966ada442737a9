with

-- an open opportunity belongs to the period in which it is expected to close, even a past one; a won one to that of its
-- win
forecasts as (

    select
        *,
        case when is_open then expected_close_date else closed_date end as period_date
    from {{ ref('fct_opportunity_forecasts') }}
    where is_counted and (is_open or is_won)

),

period_types as (

    select 'month' as period_type
    union all
    select 'quarter' as period_type
    union all
    select 'year' as period_type
    union all
    select 'unscheduled' as period_type

),

final as (

    select
        forecasts.opportunity_key,
        period_types.period_type,
        forecasts.source_system,
        forecasts.channel,
        forecasts.campaign,
        forecasts.country,
        forecasts.origin_owner,
        forecasts.owner_team,
        forecasts.persona,
        forecasts.fit_band,
        forecasts.order_type,
        forecasts.opportunity_amount,
        forecasts.probability,
        forecasts.weighted_amount,
        forecasts.is_open,
        coalesce(forecasts.is_won, false) as is_won,
        forecasts.is_overdue,
        case
            when period_types.period_type = 'month' then {{ start_of_period('month', 'forecasts.period_date') }}
            when period_types.period_type = 'quarter' then {{ start_of_period('quarter', 'forecasts.period_date') }}
            when period_types.period_type = 'year' then {{ start_of_period('year', 'forecasts.period_date') }}
        end as period_start_date
    from forecasts
    inner join period_types on (forecasts.period_date is null) = (period_types.period_type = 'unscheduled')

)

select * from final
