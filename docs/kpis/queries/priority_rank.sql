select score_band as band, count(*) as open_leads, min(priority_rank) as first_rank, max(priority_rank) as last_rank
from marts.mart_lead_priorities
group by band
order by first_rank
