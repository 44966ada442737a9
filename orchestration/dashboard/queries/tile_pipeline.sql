-- Won and weighted open amount against the revenue target, of the month that runs or comes next.
with as_of as (
    select max(date_day) as date_day
    from core.dim_dates
    where is_elapsed
)

select
    'pipeline_vs_target' as metric,
    pipeline.period_start_date as month,
    1 as recency,
    pipeline.pipeline_vs_target as value,
    pipeline.won_amount + pipeline.weighted_amount as numerator,
    pipeline.revenue_target_amount as denominator,
    cast(null as double) as low,
    cast(null as double) as high,
    cast(null as varchar) as benchmark_verdict,
    cast(null as double) as benchmark_low,
    false as is_small_n,
    true as is_provisional
from marts.mart_pipeline as pipeline
inner join as_of on as_of.date_day < pipeline.period_start_date + interval 1 month - interval 1 day
where
    pipeline.period_type = 'month' and pipeline.segment_type = 'all'
    and pipeline.revenue_target_amount is not null
order by pipeline.period_start_date
limit 1
