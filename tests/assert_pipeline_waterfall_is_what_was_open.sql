-- The running sums of the waterfall, against the deals themselves: those in a stage at the end of a day, those won in a
-- month, and the amounts that are open at as_of.
with

waterfall as (

    select *
    from {{ ref('mart_pipeline_waterfall') }}
    where segment_type = 'all'

),

stints as (

    select * from {{ ref('fct_deal_stage_stints') }}

),

forecasts as (

    select * from {{ ref('fct_opportunity_forecasts') }} where is_counted

),

days as (

    select distinct period_start_date as date_day from waterfall where period_type = 'day'

),

last_day as (

    select max(date_day) as date_day from days

),

in_stock as (

    select
        days.date_day,
        stints.pipeline,
        stints.stage,
        count(*) as deals
    from days
    inner join stints
        on
            days.date_day >= stints.entered_date
            and coalesce(stints.exited_date, date '9999-12-31') > days.date_day
    where not stints.is_closed
    group by 1, 2, 3

),

-- of all stages: a won deal without a history of stages is won out of `not_recorded`
won as (

    select
        cast(date_trunc('month', closed_date) as date) as month_start,
        count(*) as deals,
        coalesce(sum(opportunity_amount), 0) as amount
    from forecasts
    where is_won and closed_date is not null
    group by 1

),

-- a win that was taken back is none of the deal's record
taken_back as (

    select
        cast(date_trunc('month', entered_date) as date) as month_start,
        count(*) as deals
    from (
        select
            *,
            lag(is_closed) over (partition by opportunity_key order by stint_number) as was_closed
        from stints
    ) as followed
    where stage = 'won' and not is_current and not was_closed
    group by 1

),

won_of_waterfall as (

    select
        waterfall.period_start_date as month_start,
        sum(waterfall.won_deals) - coalesce(max(taken_back.deals), 0) as deals,
        case when max(taken_back.deals) is null then sum(waterfall.won_amount) end as amount
    from waterfall
    left join taken_back on waterfall.period_start_date = taken_back.month_start
    where waterfall.period_type = 'month'
    group by 1

),

open_at_end as (

    select
        count(*) as deals,
        coalesce(sum(opportunity_amount), 0) as amount
    from forecasts
    where is_open

),

open_of_waterfall as (

    select
        coalesce(sum(waterfall.closing_deals), 0) as deals,
        coalesce(sum(waterfall.closing_amount), 0) as amount
    from waterfall
    inner join last_day on waterfall.period_start_date = last_day.date_day
    where waterfall.period_type = 'day'

)

select
    'deals in ' || waterfall.stage as what,
    waterfall.period_start_date as since,
    waterfall.closing_deals as in_waterfall,
    coalesce(in_stock.deals, 0) as in_deals
from waterfall
left join in_stock
    on
        waterfall.period_start_date = in_stock.date_day
        and waterfall.pipeline = in_stock.pipeline
        and waterfall.stage = in_stock.stage
where waterfall.period_type = 'day' and waterfall.closing_deals != coalesce(in_stock.deals, 0)

union all

select
    'won' as what,
    coalesce(won.month_start, won_of_waterfall.month_start) as since,
    coalesce(won_of_waterfall.amount, 0) as in_waterfall,
    coalesce(won.amount, 0) as in_deals
from won
full outer join won_of_waterfall on won.month_start = won_of_waterfall.month_start
where
    coalesce(won.deals, 0) != coalesce(won_of_waterfall.deals, 0)
    or won_of_waterfall.amount != coalesce(won.amount, 0)

union all

select
    'open at as_of' as what,
    last_day.date_day as since,
    open_of_waterfall.amount as in_waterfall,
    open_at_end.amount as in_deals
from open_at_end
cross join open_of_waterfall
cross join last_day
where open_at_end.deals != open_of_waterfall.deals or open_at_end.amount != open_of_waterfall.amount
