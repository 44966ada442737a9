{# The moment that `as_of` is pinned to, none where it follows from the data. `funnel` says it in the environment: dbt
   parses everything again for a var that changed, and every month of a backfill has another one. #}
{% macro pinned_as_of() %}{{ return(var('as_of') or env_var('FUNNEL_DBT_AS_OF', '') or none) }}{% endmacro %}
