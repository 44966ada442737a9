-- Each fact is summed by rep and month before it is joined: one pass over the activities that people made.
with

reps as (

    select * from {{ ref('dim_reps') }}

),

presence as (

    select * from {{ ref('fct_rep_presence') }}

),

mql_results as (

    select * from {{ ref('fct_rep_mqls') }}

),

activities as (

    select * from {{ ref('fct_activities') }}
    where is_human_outbound and rep_key is not null and lead_disposition != 'test'

),

opportunities as (

    select * from {{ ref('fct_opportunities') }} where owner_rep_key is not null

),

efforts as (

    select
        rep_key,
        cast(date_trunc('month', occurred_date) as date) as month_start_date,
        count(*) as contacts,
        count(*) filter (where mechanism = 'call') as calls,
        count(*) filter (where mechanism = 'email') as emails,
        count(*) filter (where activity_type = 'meeting') as meetings,
        count(*) filter (where activity_type = 'demo') as demos,
        sum(coalesce(duration_seconds, 0)) as contact_seconds
    from activities
    group by 1, 2

),

deals as (

    select
        owner_rep_key as rep_key,
        cast(date_trunc('month', created_date) as date) as month_start_date,
        1 as opened,
        0 as closed,
        0 as won,
        cast(0 as decimal(18, 2)) as won_amount
    from opportunities

    union all

    select
        owner_rep_key as rep_key,
        cast(date_trunc('month', closed_date) as date) as month_start_date,
        0 as opened,
        1 as closed,
        case when is_won then 1 else 0 end as won,
        cast(case when is_won then coalesce(opportunity_amount, 0) else 0 end as decimal(18, 2)) as won_amount
    from opportunities
    where closed_date is not null

),

deal_results as (

    select
        rep_key,
        month_start_date,
        sum(opened) as opportunities_opened,
        sum(closed) as opportunities_closed,
        sum(won) as opportunities_won,
        sum(won_amount) as won_amount
    from deals
    group by 1, 2

),

rep_months as (

    select
        rep_key,
        month_start_date
    from presence
    union
    select
        rep_key,
        month_start_date
    from efforts
    union
    select
        rep_key,
        month_start_date
    from mql_results
    union
    select
        rep_key,
        month_start_date
    from deal_results

),

final as (

    select
        {{ surrogate_key(['rep_months.rep_key', 'cast(rep_months.month_start_date as string)']) }} as rep_month_key,
        rep_months.rep_key,
        coalesce(presence.role, reps.role) as role,
        coalesce(presence.team, reps.team) as team,
        cast(case when reps.is_declared then coalesce(presence.present_working_days, 0) end as bigint)
            as present_working_days,
        {%- for measure in ['contacts', 'calls', 'emails', 'meetings', 'demos'] %}
        cast(coalesce(efforts.{{ measure }}, 0) as bigint) as {{ measure }},
        {%- endfor %}
        cast(coalesce(efforts.contact_seconds, 0) as double) / 60 as contact_minutes,
        cast(coalesce(mql_results.mqls_worked, 0) as bigint) as mqls_worked,
        {%- for stage in ['sal', 'sql', 'opportunity'] %}
        cast(coalesce(mql_results.{{ stage }}_mature_mqls, 0) as bigint) as {{ stage }}_mature_mqls,
        cast(coalesce(mql_results.{{ stage }}_mqls, 0) as bigint) as {{ stage }}_mqls,
        {%- endfor %}
        {%- for measure in ['opportunities_opened', 'opportunities_closed', 'opportunities_won'] %}
        cast(coalesce(deal_results.{{ measure }}, 0) as bigint) as {{ measure }},
        {%- endfor %}
        cast(coalesce(deal_results.won_amount, 0) as decimal(18, 2)) as won_amount,
        reps.is_declared,
        coalesce(presence.present_working_days, 0) > 0 as is_present,
        rep_months.month_start_date
    from rep_months
    inner join reps on rep_months.rep_key = reps.rep_key
    left join presence
        on rep_months.rep_key = presence.rep_key and rep_months.month_start_date = presence.month_start_date
    left join efforts on rep_months.rep_key = efforts.rep_key and rep_months.month_start_date = efforts.month_start_date
    left join mql_results
        on rep_months.rep_key = mql_results.rep_key and rep_months.month_start_date = mql_results.month_start_date
    left join deal_results
        on rep_months.rep_key = deal_results.rep_key and rep_months.month_start_date = deal_results.month_start_date

)

select * from final
