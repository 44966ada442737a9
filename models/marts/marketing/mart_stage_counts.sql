with

monthly_counts as (

    select
        *,
        coalesce(split_part(segment, '=', 1), '') as cut,
        cast(date_trunc('month', count_date) as date) as month_start
    from {{ ref('fct_stage_counts') }}

),

first_cuts as (

    select *, min(cut) over (partition by source_system, stage, month_start) as first_cut from monthly_counts

),

-- an export that is cut in several ways, or has totals beside the parts, counts an entry in each of them
counts as (

    select * from first_cuts where cut = first_cut

),

costs as (

    select *, cast(date_trunc('month', cost_date) as date) as month_start from {{ ref('fct_costs') }}

),

counted as (

    select
        {{ segment_type(['channel']) }} as segment_type,
        {{ segment_value(['channel']) }} as segment_value,
        stage,
        cast(sum(entry_count) as bigint) as entry_count,
        cast(sum(won_amount) as decimal(18, 2)) as won_amount,
        month_start
    from counts
    group by {{ segment_grouping_sets(['month_start', 'stage'], ['channel']) }}

),

spent as (

    select
        {{ segment_type(['channel']) }} as segment_type,
        {{ segment_value(['channel']) }} as segment_value,
        cast(sum(cost_amount) as decimal(18, 2)) as cost_amount,
        cast(sum(case when cost_type = 'media' then cost_amount end) as decimal(18, 2)) as media_cost,
        month_start
    from costs
    group by {{ segment_grouping_sets(['month_start'], ['channel']) }}

),

-- a channel that was paid for and has no count of the stage stays, without a count
scaffold as (

    select
        segment_type,
        segment_value,
        stage,
        month_start
    from counted
    union
    select
        spent.segment_type,
        spent.segment_value,
        counted.stage,
        spent.month_start
    from spent
    inner join counted on spent.month_start = counted.month_start

),

final as (

    select
        scaffold.segment_type,
        scaffold.segment_value,
        scaffold.stage,
        counted.entry_count,
        counted.won_amount,
        spent.cost_amount,
        spent.media_cost,
        cast(spent.cost_amount as double) / nullif(counted.entry_count, 0) as cost_per_entry,
        counted.won_amount / nullif(cast(spent.media_cost as double), 0) as roas,
        scaffold.month_start as month_start_date
    from scaffold
    left join counted
        on
            scaffold.month_start = counted.month_start
            and scaffold.segment_type = counted.segment_type
            and scaffold.segment_value = counted.segment_value
            and scaffold.stage = counted.stage
    left join spent
        on
            scaffold.month_start = spent.month_start
            and scaffold.segment_type = spent.segment_type
            and scaffold.segment_value = spent.segment_value

)

select * from final
