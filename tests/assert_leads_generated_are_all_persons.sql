-- Every person is generated once: the leads of all months, mechanisms and channels are the persons.
with generated as (

    select coalesce(sum(leads_generated), 0) as leads_generated from {{ ref('mart_leads_generated') }}

),

persons as (

    select count(*) as persons from {{ ref('dim_persons') }}

)

select
    generated.leads_generated,
    persons.persons
from generated
cross join persons
where generated.leads_generated != persons.persons
