select
    stage,
    any_value(entrants)::int as entrants,
    coalesce(sum(numerator) filter (where outcome = 'advanced'), 0)::int as advanced,
    coalesce(sum(numerator) filter (where outcome = 'disqualified'), 0)::int as disqualified,
    coalesce(sum(numerator) filter (where outcome = 'recycled'), 0)::int as recycled,
    coalesce(sum(numerator) filter (where outcome = 'lost'), 0)::int as lost,
    coalesce(sum(numerator) filter (where outcome = 'open'), 0)::int as open,
    coalesce(sum(numerator) filter (where outcome = 'stalled'), 0)::int as stalled
from marts.mart_attrition
where segment_type = 'all' and month_start_date = date '2025-03-01'
group by stage
order by array_position(['lead', 'mql', 'sal', 'sql', 'opportunity'], stage)
