select
    persona_name_en as persona,
    persona_name_es as perfil,
    mqls,
    fit_mqls,
    round(100 * fit_rate, 1) as percent,
    round(100 * fit_rate_low, 1) as low,
    round(100 * fit_rate_high, 1) as high
from marts.mart_persona
where period_type = 'all' and mqls > 0 and persona <> 'all'
order by mqls desc, persona
