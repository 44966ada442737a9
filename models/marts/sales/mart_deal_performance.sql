{%- set keys = ['month_start_date', 'pipeline', 'segment_type', 'segment_value'] %}
with

stints as (

    select * from {{ ref('fct_deal_stage_stints') }}

),

forecasts as (

    select * from {{ ref('fct_opportunity_forecasts') }}

),

movements as (

    select
        *,
        cast(date_trunc('month', moved_date) as date) as month_start_date
    from {{ ref('fct_deal_movements') }}

),

recording as (

    select * from {{ ref('dim_recording') }} where subject = 'lost_deals' and is_recorded

),

months as (

    select distinct month_start_date from {{ ref('dim_dates') }} where is_elapsed

),

openings as (

    select
        opportunity_key,
        entered_at as opened_at
    from stints
    where stint_number = 1

),

-- a deal belongs to the month of its last close, and to the pipeline in which it closed
closed as (

    select
        stints.pipeline,
        {%- for segment in segments() %}
        stints.{{ segment }},
        {%- endfor %}
        cast(date_trunc('month', stints.entered_date) as date) as month_start_date,
        stints.stage = 'won' as is_won,
        recording.source_system is not null as is_loss_recorded,
        forecasts.opportunity_amount,
        cast({{ microseconds_between('openings.opened_at', 'stints.entered_at') }} as double) / 86400000000
            as cycle_days
    from stints
    inner join openings on stints.opportunity_key = openings.opportunity_key
    inner join forecasts on stints.opportunity_key = forecasts.opportunity_key
    left join recording on stints.source_system = recording.source_system
    where stints.is_closed and stints.is_current

),

decided as (

    select
        month_start_date,
        pipeline,
        {{ segment_type() }} as segment_type,
        {{ segment_value() }} as segment_value,
        count(*) as closed_deals,
        count(*) filter (where is_won) as won_deals,
        count(*) filter (where is_loss_recorded) as judged_deals,
        count(*) filter (where is_loss_recorded and is_won) as judged_won_deals,
        sum(opportunity_amount) filter (where is_loss_recorded) as judged_amount,
        sum(opportunity_amount) filter (where is_loss_recorded and is_won) as judged_won_amount,
        sum(opportunity_amount) as closed_amount,
        sum(opportunity_amount) filter (where is_won) as won_amount,
        count(opportunity_amount) filter (where is_won) as won_deals_with_amount,
        median(cycle_days) filter (where is_won) as median_won_cycle_days,
        avg(cycle_days) filter (where is_won) as average_won_cycle_days
    from closed
    group by {{ segment_grouping_sets(['month_start_date', 'pipeline']) }}

),

changes as (

    select
        month_start_date,
        pipeline,
        {{ segment_type() }} as segment_type,
        {{ segment_value() }} as segment_value,
        sum(deals_change) as deals_change,
        count(*) filter (where movement = 'new') as new_deals
    from movements
    group by {{ segment_grouping_sets(['month_start_date', 'pipeline']) }}

),

beginnings as (

    select
        pipeline,
        segment_type,
        segment_value,
        min(month_start_date) as first_month
    from changes
    group by pipeline, segment_type, segment_value

),

stock as (

    select
        months.month_start_date,
        beginnings.pipeline,
        beginnings.segment_type,
        beginnings.segment_value,
        coalesce(changes.new_deals, 0) as new_deals,
        sum(coalesce(changes.deals_change, 0)) over (
            partition by beginnings.pipeline, beginnings.segment_type, beginnings.segment_value
            order by months.month_start_date
            rows between unbounded preceding and current row
        ) as open_deals
    from beginnings
    inner join months on beginnings.first_month <= months.month_start_date
    left join changes
        on
            months.month_start_date = changes.month_start_date
            and beginnings.pipeline = changes.pipeline
            and beginnings.segment_type = changes.segment_type
            and beginnings.segment_value = changes.segment_value

),

final as (

    select
        stock.segment_type,
        stock.segment_value,
        stock.pipeline,
        cast(stock.new_deals as bigint) as new_deals,
        cast(stock.open_deals as bigint) as open_deals,
        cast(coalesce(decided.closed_deals, 0) as bigint) as closed_deals,
        cast(coalesce(decided.won_deals, 0) as bigint) as won_deals,
        {{ rate_with_interval(
            'coalesce(decided.judged_won_deals, 0)', 'coalesce(decided.judged_deals, 0)', 'closed_win_rate'
        ) }},
        cast(decided.won_amount as decimal(18, 2)) as won_amount,
        cast(decided.closed_amount as decimal(18, 2)) as closed_amount,
        cast(coalesce(decided.judged_won_amount, 0) as double) / nullif(cast(decided.judged_amount as double), 0)
            as closed_win_rate_by_amount,
        cast(decided.won_amount as double) / nullif(decided.won_deals_with_amount, 0) as average_won_amount,
        decided.median_won_cycle_days,
        decided.average_won_cycle_days,
        stock.open_deals
        * (cast(decided.judged_won_deals as double) / nullif(decided.judged_deals, 0))
        * (cast(decided.won_amount as double) / nullif(decided.won_deals_with_amount, 0))
        / nullif(decided.average_won_cycle_days, 0) as sales_velocity,
        {{ is_small_n('coalesce(decided.judged_deals, 0)') }} as is_small_n,
        stock.month_start_date
    from stock
    left join decided on {{ same_keys('stock', 'decided', keys) }}

)

select * from final
