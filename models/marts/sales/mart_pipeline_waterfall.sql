-- Grown from loops; `dbt compile -s mart_pipeline_waterfall` shows the SQL.
{% set cuts = {'day': ['owner_team'], 'month': segments()} %}
{% set movements = ['new', 'reopened', 'moved_in', 'moved_out', 'amount_changed', 'won', 'lost'] %}
{% set keys = ['period_type', 'segment_type', 'segment_value', 'pipeline', 'stage', 'stage_name'] %}

with

movements as (

    select
        *,
        moved_date as day_start,
        cast(date_trunc('month', moved_date) as date) as month_start
    from {{ ref('fct_deal_movements') }}

),

dates as (

    select * from {{ ref('dim_dates') }} where is_elapsed

),

changes as (

    {% for period_type, cut_by in cuts.items() %}
    select
        '{{ period_type }}' as period_type,
        {{ segment_type(cut_by) }} as segment_type,
        {{ segment_value(cut_by) }} as segment_value,
        pipeline,
        stage,
        stage_name,
        {{ period_type }}_start as period_start_date,
        {%- for movement in movements %}
        coalesce(sum(deals_change) filter (where movement = '{{ movement }}'), 0) as {{ movement }}_deals,
        coalesce(sum(amount_change) filter (where movement = '{{ movement }}'), 0) as {{ movement }}_amount,
        {%- endfor %}
        sum(deals_change) as deals_change,
        sum(amount_change) as amount_change,
        sum(without_amount_change) as without_amount_change
    from movements
    group by {{ segment_grouping_sets(['pipeline', 'stage', 'stage_name', period_type ~ '_start'], cut_by) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

periods as (

    select
        'day' as period_type,
        date_day as period_start_date
    from dates
    union all
    select distinct
        'month' as period_type,
        month_start_date as period_start_date
    from dates

),

-- every period since the first movement of the stage: nothing that happened is a row of zeros
beginnings as (

    select
        {{ keys | join(',\n        ') }},
        min(period_start_date) as first_period
    from changes
    group by {{ keys | join(', ') }}

),

scaffold as (

    select
        beginnings.*,
        periods.period_start_date
    from beginnings
    inner join periods
        on
            beginnings.period_type = periods.period_type
            and beginnings.first_period <= periods.period_start_date

),

running as (

    select
        {%- for key in keys %}
        scaffold.{{ key }},
        {%- endfor %}
        scaffold.period_start_date,
        {%- for movement in movements %}
        coalesce(changes.{{ movement }}_deals, 0) as {{ movement }}_deals,
        coalesce(changes.{{ movement }}_amount, 0) as {{ movement }}_amount,
        {%- endfor %}
        coalesce(changes.deals_change, 0) as deals_change,
        coalesce(changes.amount_change, 0) as amount_change,
        sum(coalesce(changes.deals_change, 0)) over so_far as closing_deals,
        sum(coalesce(changes.amount_change, 0)) over so_far as closing_amount,
        sum(coalesce(changes.without_amount_change, 0)) over so_far as closing_without_amount
    from scaffold
    left join changes on {{ same_keys('scaffold', 'changes', keys + ['period_start_date']) }}
    window
        so_far as (
            partition by {% for key in keys %}scaffold.{{ key }}{{ ', ' if not loop.last }}{% endfor %}
            order by scaffold.period_start_date
            rows between unbounded preceding and current row
        )

),

final as (

    select
        {{ keys | join(',\n        ') }},
        cast(closing_deals - deals_change as bigint) as opening_deals,
        {%- for movement in movements if movement != 'amount_changed' %}
        cast(abs({{ movement }}_deals) as bigint) as {{ movement }}_deals,
        {%- endfor %}
        cast(closing_deals as bigint) as closing_deals,
        cast(closing_without_amount as bigint) as closing_deals_without_amount,
        cast(closing_amount - amount_change as decimal(18, 2)) as opening_amount,
        {%- for movement in movements %}
        cast(
            {{ '-' if movement in ('moved_out', 'won', 'lost') }}{{ movement }}_amount as decimal(18, 2)
        ) as {{ movement }}_amount,
        {%- endfor %}
        cast(closing_amount as decimal(18, 2)) as closing_amount,
        period_start_date
    from running

)

select * from final
