-- Why a headline figure is unknown: in a month, or, without a month, in all of them.
select
    found.metric,
    case when found.period_type = 'month' then found.period_start_date end as month,
    reasons.unknown_reason_en,
    reasons.unknown_reason_es
from marts.mart_metric_values as found
inner join core.dim_unknown_reasons as reasons on found.unknown_reason = reasons.unknown_reason
where found.segment_type = 'all' and found.period_type in ('month', 'all')
order by found.metric, month
