-- Nobody falls out of the cut by persona, and nobody is in two.
with sums as (

    select
        period_type,
        period_start_date,
        persona = 'all' as is_whole,
        sum(leads) as leads,
        sum(mqls) as mqls,
        sum(target_mqls) as target_mqls,
        sum(fit_mqls) as fit_mqls,
        sum(mql_to_sql_mature) as mql_to_sql_mature,
        sum(mql_to_sql_converted) as mql_to_sql_converted
    from {{ ref('mart_persona') }}
    group by 1, 2, 3

)

select
    wholes.*,
    parts.leads as leads_of_parts,
    parts.mqls as mqls_of_parts
from sums as wholes
left join sums as parts
    on
        wholes.period_type = parts.period_type
        and wholes.period_start_date is not distinct from parts.period_start_date
        and not parts.is_whole
where
    wholes.is_whole
    and (
        wholes.leads is distinct from parts.leads
        or wholes.mqls is distinct from parts.mqls
        or wholes.target_mqls is distinct from parts.target_mqls
        or wholes.fit_mqls is distinct from parts.fit_mqls
        or wholes.mql_to_sql_mature is distinct from parts.mql_to_sql_mature
        or wholes.mql_to_sql_converted is distinct from parts.mql_to_sql_converted
    )
