select
    persona_name_en as persona,
    persona_name_es as perfil,
    mqls,
    round(100 * mql_share_rate, 1) as share_percent,
    round(100 * target_mql_share, 1) as target_percent,
    is_under_target,
    round(100 * fit_rate, 1) as fit_percent,
    round(100 * mql_to_sql_rate, 1) as mql_to_sql_percent,
    round(100 * mql_to_customer_rate, 1) as mql_to_customer_percent
from marts.mart_persona
where period_type = 'all' and mqls > 0 and persona <> 'all'
order by mqls desc, persona
