-- Columns per activity, result and rate, grown from loops; `dbt compile -s mart_rep_performance` shows them all.
{% set activities = ['contacts', 'calls', 'emails', 'meetings', 'demos', 'contact_minutes'] %}
{% set results = [
    'mqls_worked', 'sal_mature_mqls', 'sal_mqls', 'sql_mature_mqls', 'sql_mqls', 'opportunity_mature_mqls',
    'opportunity_mqls', 'opportunities_opened', 'opportunities_closed', 'opportunities_won',
] %}
{% set rates = {
    'mql_to_sal': ['sal_mqls', 'sal_mature_mqls'],
    'mql_to_sql': ['sql_mqls', 'sql_mature_mqls'],
    'mql_to_opportunity': ['opportunity_mqls', 'opportunity_mature_mqls'],
    'win': ['opportunities_won', 'opportunities_closed'],
} %}
{% set sides = {'activity': 'contacts_per_working_day', 'result': 'result_rate'} %}

with

rep_months as (

    select * from {{ ref('fct_rep_months') }}

),

-- a rep who changes the role is compared with each role's own reps, so the whole time has a row for each
summed as (

    select
        case when grouping(month_start_date) = 1 then 'all' else 'month' end as period_type,
        month_start_date as period_start_date,
        rep_key,
        role,
        max_by(team, month_start_date) as team,
        sum(present_working_days) as present_working_days,
        {%- for measure in activities + results %}
        sum({{ measure }}) as {{ measure }},
        {%- endfor %}
        sum(won_amount) as won_amount,
        bool_and(is_declared) as is_declared,
        bool_or(is_present) as is_present
    from rep_months
    group by grouping sets ((rep_key, role), (rep_key, role, month_start_date))

),

rated as (

    select
        *,
        {%- for measure in activities %}
        cast({{ measure }} as double) / nullif(present_working_days, 0) as {{ measure }}_per_working_day,
        {%- endfor %}
        {%- for rate, parts in rates.items() %}
        cast({{ parts[0] }} as double) / nullif({{ parts[1] }}, 0) as {{ rate }}_rate,
        {%- endfor %}
        is_declared and is_present and role in ('sdr', 'bdr', 'ae') as is_compared,
        case
            when role in ('sdr', 'bdr') then 'mql_to_sql_rate'
            when role = 'ae' then 'win_rate'
        end as result_metric
    from summed

),

-- the result that a role is there for
compared as (

    select
        *,
        case result_metric when 'mql_to_sql_rate' then mql_to_sql_rate when 'win_rate' then win_rate end as result_rate,
        case result_metric when 'mql_to_sql_rate' then sql_mature_mqls when 'win_rate' then opportunities_closed end
            as result_denominator
    from rated

),

-- only who is compared has a rank; of reps with one and the same value each has their mean rank
paired as (

    select
        *,
        case when is_compared then contacts_per_working_day end as activity_value,
        case when is_compared then result_rate end as result_value,
        is_compared and contacts_per_working_day is not null and result_rate is not null as is_paired
    from compared

),

ranked as (

    select
        *,
        {%- for side in sides %}
        count({{ side }}_value) over (partition by period_type, period_start_date, role) as {{ side }}_reps,
        percent_rank() over (
            partition by period_type, period_start_date, role, {{ side }}_value is null
            order by {{ side }}_value
        ) as {{ side }}_percent_rank,
        rank() over (
            partition by period_type, period_start_date, role, is_paired
            order by {{ side }}_value
        ) + (
            count(*) over (partition by period_type, period_start_date, role, is_paired, {{ side }}_value) - 1
        ) / 2.0 as {{ side }}_rank,
        {%- endfor %}
        sum(case when is_paired then 1 else 0 end) over (partition by period_type, period_start_date, role)
            as paired_reps
    from paired

),

-- where all are of one rank there is nothing to correlate
correlations as (

    select
        period_type,
        coalesce(period_start_date, date '1900-01-01') as period_start,
        role,
        case
            when
                min(activity_rank) < max(activity_rank) and min(result_rank) < max(result_rank)
                then corr(cast(activity_rank as double), cast(result_rank as double))
        end as correlation
    from ranked
    where is_paired
    group by period_type, period_start_date, role

),

final as (

    select
        ranked.period_type,
        ranked.rep_key,
        ranked.role,
        ranked.team,
        cast(ranked.present_working_days as bigint) as present_working_days,
        {%- for measure in activities %}
        cast(ranked.{{ measure }} as {{ 'double' if measure == 'contact_minutes' else 'bigint' }}) as {{ measure }},
        ranked.{{ measure }}_per_working_day,
        {%- endfor %}
        {%- for measure in results %}
        cast(ranked.{{ measure }} as bigint) as {{ measure }},
        {%- endfor %}
        {%- for rate, parts in rates.items() %}
        ranked.{{ rate }}_rate,
        {{ wilson_low('ranked.' ~ parts[0], 'ranked.' ~ parts[1]) }} as {{ rate }}_rate_low,
        {{ wilson_high('ranked.' ~ parts[0], 'ranked.' ~ parts[1]) }} as {{ rate }}_rate_high,
        {%- endfor %}
        cast(ranked.won_amount as decimal(18, 2)) as won_amount,
        ranked.result_metric,
        ranked.result_rate,
        {%- for side in sides %}
        case
            when ranked.{{ side }}_value is not null and ranked.{{ side }}_reps >= 4
                then cast(least(4, 1 + floor(4 * ranked.{{ side }}_percent_rank)) as int)
        end as {{ side }}_quartile,
        {%- endfor %}
        cast(ranked.paired_reps as bigint) as role_paired_reps,
        correlations.correlation as role_activity_result_correlation,
        {{ spearman_low('correlations.correlation', 'ranked.paired_reps') }} as role_activity_result_correlation_low,
        {{ spearman_high('correlations.correlation', 'ranked.paired_reps') }} as role_activity_result_correlation_high,
        ranked.is_declared,
        ranked.is_present,
        ranked.is_compared,
        {{ is_small_n('coalesce(ranked.result_denominator, 0)') }} as is_small_n,
        ranked.period_start_date
    from ranked
    left join correlations
        on
            ranked.period_type = correlations.period_type
            and coalesce(ranked.period_start_date, date '1900-01-01') = correlations.period_start
            and ranked.role = correlations.role

)

select * from final
