-- Grown from loops; `dbt compile -s mart_persona` shows the SQL.
{% set later_stages = ['sql', 'customer'] %}

with

personas as (

    select * from {{ ref('dim_personas') }}

),

dates as (

    select distinct month_start_date as month_start from {{ ref('dim_dates') }} where is_elapsed

),

leads as (

    select
        *,
        cast(date_trunc('month', created_date) as date) as month_start
    from {{ ref('fct_leads_generated') }}

),

mqls as (

    select
        *,
        cast(date_trunc('month', entered_date) as date) as month_start
    from {{ ref('fct_qualifications') }}
    where stage = 'mql' and is_first_observed

),

transitions as (

    select
        *,
        is_mature and converted_at < matures_at as is_matured_conversion
    from {{ ref('fct_stage_transitions') }}

),

fit_bands as (

    select
        band,
        min_points > min(min_points) over (partition by dimension) as is_fit
    from {{ ref('score_bands') }}
    where dimension = 'fit'

),

lead_counts as (

    select
        month_start,
        persona,
        count(*) as leads
    from leads
    group by grouping sets ((month_start, persona), (month_start), (persona), ())

),

-- an MQL whose system does not record the later stage is an MQL all the same
mql_counts as (

    select
        mqls.month_start,
        mqls.persona,
        {%- for stage in later_stages %}
        count(*) filter (where to_{{ stage }}.is_mature) as mql_to_{{ stage }}_mature,
        count(*) filter (where to_{{ stage }}.is_matured_conversion) as mql_to_{{ stage }}_converted,
        {%- endfor %}
        count(*) as mqls,
        count(*) filter (where fit_bands.is_fit) as fit_mqls,
        count(*) filter (where personas.is_target) as target_mqls
    from mqls
    left join transitions as to_sql on mqls.entry_key = to_sql.entry_key and to_sql.to_stage = 'sql'
    left join transitions as to_customer
        on mqls.entry_key = to_customer.entry_key and to_customer.to_stage = 'customer'
    left join fit_bands on mqls.fit_band = fit_bands.band
    left join personas on mqls.persona = personas.persona
    group by grouping sets ((mqls.month_start, mqls.persona), (mqls.month_start), (mqls.persona), ())

),

-- every month since the first lead and every persona, so that one without any shows as zeros and not as a gap
months as (

    select month_start
    from dates
    where month_start >= (select min(leads.month_start) from leads)
    union
    select cast(null as date) as month_start

),

rows_wanted as (

    select
        months.month_start,
        personas.persona
    from months
    cross join personas
    union
    select
        months.month_start,
        cast(null as string) as persona
    from months

),

counted as (

    select
        rows_wanted.month_start,
        rows_wanted.persona,
        coalesce(lead_counts.leads, 0) as leads,
        coalesce(wholes.mqls, 0) as all_mqls,
        {%- for stage in later_stages %}
        coalesce(mql_counts.mql_to_{{ stage }}_mature, 0) as mql_to_{{ stage }}_mature,
        coalesce(mql_counts.mql_to_{{ stage }}_converted, 0) as mql_to_{{ stage }}_converted,
        {%- endfor %}
        coalesce(mql_counts.mqls, 0) as mqls,
        coalesce(mql_counts.fit_mqls, 0) as fit_mqls,
        coalesce(mql_counts.target_mqls, 0) as target_mqls
    from rows_wanted
    left join lead_counts
        on
            rows_wanted.month_start is not distinct from lead_counts.month_start
            and rows_wanted.persona is not distinct from lead_counts.persona
    left join mql_counts
        on
            rows_wanted.month_start is not distinct from mql_counts.month_start
            and rows_wanted.persona is not distinct from mql_counts.persona
    left join mql_counts as wholes
        on rows_wanted.month_start is not distinct from wholes.month_start and wholes.persona is null

),

final as (

    select
        case when counted.month_start is null then 'all' else 'month' end as period_type,
        coalesce(counted.persona, 'all') as persona,
        coalesce(personas.persona_name_en, 'All') as persona_name_en,
        coalesce(personas.persona_name_es, 'Todas') as persona_name_es,
        {%- for count in ['leads', 'mqls', 'all_mqls'] %}
        cast(counted.{{ count }} as bigint) as {{ count }},
        {%- endfor %}
        {{ rate_with_interval('counted.mqls', 'counted.all_mqls', 'mql_share_rate') }},
        personas.target_mql_share,
        cast(counted.target_mqls as bigint) as target_mqls,
        {{ rate_with_interval('counted.target_mqls', 'counted.mqls', 'target_persona_rate') }},
        cast(counted.fit_mqls as bigint) as fit_mqls,
        {{ rate_with_interval('counted.fit_mqls', 'counted.mqls', 'fit_rate') }},
        {%- for stage in later_stages %}
        cast(counted.mql_to_{{ stage }}_mature as bigint) as mql_to_{{ stage }}_mature,
        cast(counted.mql_to_{{ stage }}_converted as bigint) as mql_to_{{ stage }}_converted,
        {{ rate_with_interval(
            'counted.mql_to_' ~ stage ~ '_converted', 'counted.mql_to_' ~ stage ~ '_mature', 'mql_to_' ~ stage ~ '_rate'
        ) }},
        cast(counted.mql_to_{{ stage }}_mature as double) / nullif(cast(counted.mqls as double), 0)
            as mql_to_{{ stage }}_mature_share,
        {%- endfor %}
        {%- for stage in later_stages %}
        {{ is_small_n('counted.mql_to_' ~ stage ~ '_mature') }} as is_small_n_{{ stage }},
        {%- endfor %}
        {{ is_small_n('counted.all_mqls') }} as is_small_n,
        personas.is_target,
        case
            when counted.all_mqls > 0
                then cast(counted.mqls as double) / cast(counted.all_mqls as double) < personas.target_mql_share
        end as is_under_target,
        counted.month_start as period_start_date
    from counted
    left join personas on counted.persona = personas.persona

)

select * from final
