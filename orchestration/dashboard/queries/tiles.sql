-- The headline figures of the last complete month and of the month before it; of the running one if none is complete.
with months as (
    select
        month_start_date,
        is_month_complete,
        row_number() over (order by is_month_complete desc, month_start_date desc) as recency
    from marts.mart_working_day_pace
    where metric = 'lead' and segment_type = 'all' and elapsed_working_days > 0
),

-- a metric without any value is one that the company has no data for; else a month without a row is a month of none
known as (
    select metric
    from marts.mart_metric_values
    where segment_type = 'all' and period_type = 'all' and metric_value is not null
)

select
    catalogue.metric,
    months.month_start_date as month,
    months.recency,
    case
        when found.metric is null and catalogue.metric_kind = 'simple' then 0
        else found.metric_value
    end as value,
    found.value_state,
    found.numerator,
    found.denominator,
    found.metric_value_low as low,
    found.metric_value_high as high,
    found.benchmark_verdict,
    catalogue.benchmark_low,
    coalesce(found.is_small_n, false) as is_small_n,
    coalesce(found.is_provisional, false) or not months.is_month_complete as is_provisional
from marts.mart_metric_catalog as catalogue
inner join known on catalogue.metric = known.metric
cross join months
left join marts.mart_metric_values as found
    on
        catalogue.metric = found.metric
        and months.month_start_date = found.period_start_date
        and found.period_type = 'month' and found.segment_type = 'all'
where
    months.recency <= 2
    and catalogue.metric in (
        'leads_generated', 'mql', 'sql', 'new_customers', 'contacted_1h_rate', 'customer_acquisition_cost'
    )
order by catalogue.metric, months.recency
