with

stints as (

    select * from {{ ref('fct_deal_stage_stints') }}

),

deals as (

    select
        opportunity_key,
        min(entered_at) as opened_at,
        max(case when is_closed and is_current then entered_at end) as ended_at
    from stints
    group by 1

),

opportunities as (

    select * from {{ ref('fct_opportunities') }}

),

versions as (

    select * from {{ ref('int_opportunity_versions') }}

),

fx_rates as (

    select * from {{ ref('int_fx_rates') }}

),

-- A version speaks from when it was written, the first ones since the opening. What a closed deal was worth, its record
-- says in the end.
written as (

    select
        versions.opportunity_key,
        versions.version_number,
        versions.amount,
        case
            when versions.version_number = 1 or versions.updated_at is null then deals.opened_at
            else greatest(versions.updated_at, deals.opened_at)
        end as known_at
    from versions
    inner join deals on versions.opportunity_key = deals.opportunity_key
    union all
    select
        versions.opportunity_key,
        versions.version_number + 1 as version_number,
        versions.amount,
        deals.ended_at as known_at
    from versions
    inner join deals on versions.opportunity_key = deals.opportunity_key
    where versions.is_current and deals.ended_at is not null

),

ranked as (

    select
        written.opportunity_key,
        written.amount,
        written.known_at,
        row_number() over (
            partition by written.opportunity_key, written.known_at order by written.version_number desc
        ) as rank_in_moment
    from written
    inner join deals on written.opportunity_key = deals.opportunity_key
    where deals.ended_at is null or written.known_at <= deals.ended_at

),

-- at one rate for each deal, that of fct_opportunities, so that nothing moves with the currencies
final as (

    select
        {{ surrogate_key(['ranked.opportunity_key', 'cast(ranked.known_at as string)']) }} as deal_amount_key,
        ranked.opportunity_key,
        {{ to_reporting_currency('ranked.amount', 'fx_rates.rate_to_reporting') }} as deal_amount,
        lag({{ to_reporting_currency('ranked.amount', 'fx_rates.rate_to_reporting') }}) over in_order
            as previous_deal_amount,
        lag(ranked.known_at) over in_order is null as is_first,
        ranked.known_at as valid_from,
        coalesce(lead(ranked.known_at) over in_order, timestamp '9999-12-31 00:00:00') as valid_to
    from ranked
    inner join opportunities on ranked.opportunity_key = opportunities.opportunity_key
    left join fx_rates
        on
            opportunities.currency = fx_rates.currency
            and {{ in_force('fx_rates', 'coalesce(opportunities.closed_date, opportunities.created_date)') }}
    where ranked.rank_in_moment = 1
    window in_order as (partition by ranked.opportunity_key order by ranked.known_at)

)

select * from final
