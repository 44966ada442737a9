-- Which leads are behind "not converted"? MQLs of the oldest mature cohort that never became SQL.
select
    leads.lead_id,
    transitions.channel,
    transitions.entered_at as mql_at,
    cycles.outcome,
    cycles.exit_reason
from core.fct_stage_transitions as transitions
inner join core.fct_lead_cycles as cycles using (cycle_key)
inner join core.dim_leads as leads on transitions.person_key = leads.lead_key
where
    transitions.from_stage = 'mql' and transitions.to_stage = 'sql'
    and transitions.is_first_observed and transitions.is_mature and transitions.converted_at is null
order by transitions.entered_at
limit 5
