select segment_value as team, sum(undecided_mqls)::int as undecided, sum(mqls + re_mqls)::int as entries
from marts.mart_mql_report
where segment_type = 'owner_team' and month_start_date >= date '2025-04-01'
group by team
order by undecided desc, team
