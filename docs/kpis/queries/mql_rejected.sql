select reason, sum(numerator)::int as mqls, any_value(entrants) as entrants
from marts.mart_attrition
where
    stage = 'mql' and segment_type = 'all' and month_start_date = date '2025-03-01'
    and outcome in ('disqualified', 'recycled', 'lost')
group by reason
having sum(numerator) > 0
order by mqls desc, reason
