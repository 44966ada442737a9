-- Staged leads = survivors + merged + same e-mail + test + deleted + after as_of, and each survivor is one person with
-- one first cycle.
with counts as (

    select
        (select sum(staged_rows) from {{ ref('fct_landed_files') }} where contract_table = 'leads') as staged_leads,
        (select count(*) from {{ ref('dim_leads') }}) as leads,
        (select count(*) from {{ ref('dim_leads') }} where disposition = 'survivor') as survivors,
        (select count(*) from {{ ref('dim_persons') }}) as persons,
        (select count(*) from {{ ref('fct_lead_cycles') }} where cycle_number = 1) as first_cycles

)

select *
from counts
where coalesce(staged_leads, 0) != leads or survivors != persons or persons != first_cycles
