-- opening + inflow - outflow = closing on every day; the ages add up to it; the channels add up to the whole; each
-- person is in one stage on each day from the first one on; and the last day closes with the stints that are open.
with inventory as (

    select * from {{ ref('mart_stage_inventory') }}

),

neighbours as (

    select
        *,
        lag(closing_count) over (partition by segment_type, segment_value, stage order by date_day) as closed_before
    from inventory

),

wholes as (

    select * from inventory where segment_type = 'all'

),

cuts as (

    select
        date_day,
        segment_type,
        stage,
        sum(closing_count) as closing_count,
        sum(inflow_count) as inflow_count,
        sum(outflow_count) as outflow_count
    from inventory
    group by 1, 2, 3

),

firsts as (

    select
        person_key,
        min(entered_date) as first_date
    from {{ ref('fct_stage_stints') }}
    group by 1

),

persons as (

    select
        first_date,
        count(*) as persons
    from firsts
    group by 1

),

present as (

    select
        wholes.date_day,
        sum(wholes.closing_count) as persons_in_stages
    from wholes
    group by 1

),

arrived as (

    select
        present.date_day,
        present.persons_in_stages,
        sum(coalesce(persons.persons, 0)) over (order by present.date_day) as persons
    from present
    left join persons on present.date_day = persons.first_date

),

open_stints as (

    select
        stage,
        count(*) as open_count
    from {{ ref('fct_stage_stints') }}
    where is_open
    group by 1

)

select 'a day does not balance' as fault, date_day, stage
from neighbours
where
    opening_count + inflow_count - outflow_count != closing_count
    or opening_count != coalesce(closed_before, 0)
    or age_0_to_7_count + age_8_to_30_count + age_31_to_90_count + age_over_90_count != closing_count
    or least(closing_count, age_0_to_7_count, age_8_to_30_count, age_31_to_90_count, age_over_90_count) < 0
    or aged_count > closing_count

union all

select 'a cut does not add up' as fault, cuts.date_day, cuts.stage
from cuts
inner join wholes on cuts.date_day = wholes.date_day and cuts.stage = wholes.stage
where
    cuts.closing_count != wholes.closing_count
    or cuts.inflow_count != wholes.inflow_count
    or cuts.outflow_count != wholes.outflow_count

union all

select 'a person is in no stage or in two' as fault, date_day, null as stage
from arrived
where persons_in_stages != persons

union all

select 'the open stints differ' as fault, wholes.date_day, wholes.stage
from wholes
left join open_stints on wholes.stage = open_stints.stage
where
    wholes.date_day = (select max(latest.date_day) from wholes as latest)
    and wholes.closing_count != coalesce(open_stints.open_count, 0)
