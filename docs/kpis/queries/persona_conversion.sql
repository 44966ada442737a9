select
    persona_name_en as persona,
    persona_name_es as perfil,
    mql_to_sql_mature as mature_mqls,
    mql_to_sql_converted as became_sql,
    round(100 * mql_to_sql_rate, 1) as percent,
    round(100 * mql_to_sql_rate_low, 1) as low,
    round(100 * mql_to_sql_rate_high, 1) as high
from marts.mart_persona
where period_type = 'all' and mqls > 0 and persona <> 'all'
order by mqls desc, persona
